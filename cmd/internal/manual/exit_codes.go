package manual

// exitCodesHelp is the text of `kin help exit-codes`.
const exitCodesHelp = `kin ends with one of these codes:

    0  done; also: limit reached, nothing found, stdout closed
    1  the command failed, or one of its records, streams or consumers failed;
       also: kin doctor found something, or kin checkpoint verify could not make
       all of its checks
    2  wrong usage
    3  stream, shard or consumer not found
    4  access denied, or no credentials
    5  throttling or time-outs did not end in time; also: --timeout ended the
       run before another bound was reached, or before any shard gave a usable
       answer
    6  a checkpoint that cannot be used
    7  a condition does not hold: --fail-on-empty, --expect, or --max of kin lag
    8  another run holds the checkpoint, or took the consumer over
  129  stopped by SIGHUP, after a clean stop
  130  stopped by SIGINT, after a clean stop
  131  stopped by SIGQUIT (Ctrl-\), after a clean stop
  143  stopped by SIGTERM, after a clean stop

The first signal stops a run cleanly: kin commits what was written. It ignores
signals within a second of the first, because supervisors deliver a stop twice.
A later signal ends the run at once; a SIGQUIT then prints Go's goroutines.
kill -9 ends a run at any time. A run that ends at once leaves its consumer
registered.`
