package manual

// SettingsHelp is the text of `kin help settings`.
const SettingsHelp = `Every flag can also be set by a variable or in a file. The flag on the command
line overrides the variable, the variable overrides the file, and the file
overrides the default.

The variable of --max-fetch-rate is KIN_MAX_FETCH_RATE. If this variable is
empty, the default holds, even if the file has a value. For a flag that can be
repeated, each line of the variable is a value.

The file is kin/config.toml in $XDG_CONFIG_HOME. Without that variable it is in
~/.config on Linux, in ~/Library/Application Support on macOS, and in %AppData%
on Windows. Keys are the long names of flags. At the top level they are for
every command that has the flag. In the table of a command they are for that
command, and override the top level:

  region = "eu-west-1"
  max-fetch-rate = 0.5

  [read]
  metrics = "kin-metrics.jsonl"

  [local]
  stream = ["orders:4", "payments"]

kin refuses a key or a KIN_ variable that no flag has, and an empty string in
the file (exit 2). If two settings exclude each other, the higher source wins:
-q overrides verbose = true in the file, and --to overrides available-now.

kin help, version and completion use no settings. A command that kin local runs
gets none of the settings about the service and credentials.

Variables of the AWS SDKs, such as AWS_PROFILE, apply if neither a flag nor a
setting of kin has a value.`
