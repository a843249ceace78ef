package manual

// SettingsHelp is the text of `kin help settings`.
const SettingsHelp = `Every flag can also be set by a variable or in a file. The flag on the command
line goes first, then the variable, then the file, then the default.

The variable of --max-fetch-rate is KIN_MAX_FETCH_RATE. An empty one asks for
the default, whatever the file says. A flag that can be repeated has a value a
line.

The file is kin/config.toml in $XDG_CONFIG_HOME (without it: ~/.config on
Linux, ~/Library/Application Support on macOS, %AppData% on Windows). Keys are
the long names of flags: at the top level for every command that has the flag,
in a command's table for that command, and there they go first:

  region = "eu-west-1"
  max-fetch-rate = 0.5

  [read]
  metrics = "kin-metrics.jsonl"

  [local]
  stream = ["orders:4", "payments"]

A key or a KIN_ variable that no flag has is a mistake (exit 2). What a flag
chooses hides its alternative in a lower place: -q one of verbose there, --to one
of available-now. An empty text in the file is a mistake too.
kin help, version and completion look at none of this, and a command that runs
below kin local gets none of the settings about the service and credentials.

Variables of the AWS SDKs, such as AWS_PROFILE, are looked at where neither a
flag nor a setting of kin says anything.`
