package reader

// What a correct reader of Kinesis does, rule by rule, and the tests of each rule.
// Those with a number in their name are in the files kinesis_*_rules_test.go. The
// others are beside the code that they are about.
//
//	1.1   shard end: TestRule1_1_*, TestEndWithoutChildrenIsHeldAgainstTheListing,
//	      TestClosedShardAtItsTipIsReadToItsEnd, TestEndOfAShardCutByTheBoundIsNotItsEnd
//	1.2   parents before children: TestRule1_2_*, TestChildrenComeAfterAllTheirParents,
//	      TestPlacement, TestChildWithAParentNobodyHasSeenWaitsForAListing
//	1.3   children from their start: TestRule1_3_*, TestShardsFoundLaterBeginAtTheirStart, TestPlacement
//	1.4   shards that are closed at the start: TestRule1_4_*, TestPlacement
//	1.5   ListShards: TestRule1_5_*, TestBug25_*
//	1.6   iterators: TestRule1_6_*, TestBug22_*, TestBug23_*,
//	      TestExpiredIteratorIsRebuiltFromTheLastRecordReceived,
//	      TestIteratorThatExpiresBeforeTheFirstRecordKeepsTheStart
//	1.7   AT and AFTER, positions that are trimmed or foreign: TestRule1_7_*,
//	      TestKilledInsideAnAggregate, TestGaps, read_dataloss.txt
//	1.8   empty pages: TestRule1_8_*, TestBug26_*, TestBoundIsMet, TestEmptyResponseMovesReadThroughOnly
//	1.9   aggregates: TestRecordsOfAggregatesAreFilteredOneByOne, TestRangeOfAChildThatNoListingHasShownYet,
//	      TestDamagedAggregateLosesNothingOfItsPage, TestRecordsThatAreLeftOutMoveThePosition,
//	      and the tests of internal/kpl
//	1.10  throughput and errors: TestRule1_10_*, TestFetchesKeepTheirPeriod,
//	      TestThrottledShardSleepsFiveSecondsAndOthersGoOn, TestThrottlingHalvesWhatIsAskedForAndSuccessGrowsItBack,
//	      TestShardThatWasTrimmedEndsAndTheRunGoesOn, TestStreamThatWasDeletedEndsTheRun, TestBug24_*
//	1.11  prefetching: TestBug8_*, TestBug10_*, TestAFullBufferStopsFetchingAndDropsNothing,
//	      TestBufferBoundsWhatIsTaken, TestBufferCountsABlockUntilItIsWritten
//	1.12  checkpoints: TestRule1_12_*, TestPositionsMoveOnlyBehindWhatWasWritten, TestBug6_*
