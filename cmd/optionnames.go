package cmd

import "github.com/spf13/pflag"

// optionAnnotation marks a flag with the name of the connector's option that
// it carries.
const optionAnnotation = "kin_connector_option"

// optionNames are the connector's options by the flag that carries them.
var optionNames = map[string]string{
	"region":                  "region",
	"endpoint":                "endpoint",
	"initial-position":        "initialPosition",
	"max-records-per-fetch":   "maxRecordsPerFetch",
	"max-fetch-rate":          "maxFetchRate",
	"min-fetch-period":        "minFetchPeriod",
	"max-fetch-duration":      "maxFetchDuration",
	"fetch-buffer-size":       "fetchBufferSize",
	"shards-per-task":         "shardsPerTask",
	"shard-fetch-interval":    "shardFetchInterval",
	"max-shards-per-describe": "maxShardsPerDescribe",
	"aws-access-key":          "awsAccessKey",
	"aws-secret-key":          "awsSecretKey",
	"role-arn":                "roleArn",
	"role-external-id":        "roleExternalId",
	"role-session-name":       "roleSessionName",
	"sts-endpoint":            "stsEndpoint",
	"available-now":           "Trigger.AvailableNow",
}

// annotateOptions marks the flags of a set that carry an option of the
// connector.
func annotateOptions(f *pflag.FlagSet) {
	f.VisitAll(func(flag *pflag.Flag) {
		if option, ok := optionNames[flag.Name]; ok {
			_ = f.SetAnnotation(flag.Name, optionAnnotation, []string{option}) // it is there
		}
	})
}
