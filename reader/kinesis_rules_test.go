package reader

// What a correct reader of Kinesis does, rule by rule. Below are the tests by the number of the
// rule (kinesis_*_rules_test.go). Those without a number in their name are next to the code they test.
//
//	1.1   shard end: TestRule1_1_*, TestChecksAnEndWithoutChildrenAgainstTheListing,
//	      TestReadsAClosedShardAtItsTipToItsEnd, TestBoundBeforeTheEndKeepsTheShardOpen
//	1.2   parents before children: TestRule1_2_*, TestReadsChildrenAfterAllTheirParents,
//	      TestPlacement, TestChildWithAnUnknownParentWaitsForAListing
//	1.3   children from their start: TestRule1_3_*, TestShardsFoundDuringTheRunBeginAtTheirStart, TestPlacement
//	1.4   shards that are closed at the start: TestRule1_4_*, TestPlacement
//	1.5   ListShards: TestRule1_5_*, TestBug25_*
//	1.6   iterators: TestRule1_6_*, TestBug22_*, TestBug23_*,
//	      TestRebuildsAnExpiredIteratorAfterTheLastRecord,
//	      TestIteratorExpiredBeforeTheFirstRecordKeepsTheStart
//	1.7   AT and AFTER, positions that are trimmed or foreign: TestRule1_7_*,
//	      TestResumesInsideAnAggregateAfterAKill, TestGaps, read_dataloss.txt
//	1.8   empty pages: TestRule1_8_*, TestBug26_*, TestBoundMet, TestEmptyResponseMovesReadThroughOnly
//	1.9   aggregates: TestHashFilterDropsSingleRecordsOfAggregates, TestHashFilterUsesTheRangeOfAnUnlistedChild,
//	      TestDamagedAggregateLosesNoOtherRecords, TestRecordsWithoutOutputMoveThePosition,
//	      and the tests of internal/kpl
//	1.10  throughput and errors: TestRule1_10_*, TestFetchesKeepTheirPeriod,
//	      TestThrottledShardSleepsFiveSecondsAndOthersContinue, TestThrottlingHalvesTheLimitAndSuccessRestoresIt,
//	      TestRunContinuesAfterATrimmedShard, TestDeletedStreamEndsTheRun, TestBug24_*
//	1.11  prefetching: TestBug8_*, TestBug10_*, TestFullBufferStopsFetchingAndDropsNothing,
//	      TestBufferLimitsReservations, TestBufferCountsABlockUntilItIsWritten
//	1.12  checkpoints: TestRule1_12_*, TestPositionsMoveOnlyAfterTheWrite, TestBug6_*
