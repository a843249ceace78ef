package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
)

// OptionAnnotation is the annotation of a flag with the name of the connector's option.
const OptionAnnotation = "kin_connector_option"

// OptionNames are the connector's options and their flags, in the order of the connector's
// documentation.
var OptionNames = []struct{ Flag, Option string }{
	{"region", "region"},
	{"endpoint", "endpoint"},
	{"initial-position", "initialPosition"},
	{"max-records-per-fetch", "maxRecordsPerFetch"},
	{"max-fetch-rate", "maxFetchRate"},
	{"min-fetch-period", "minFetchPeriod"},
	{"max-fetch-duration", "maxFetchDuration"},
	{"fetch-buffer-size", "fetchBufferSize"},
	{"shards-per-task", "shardsPerTask"},
	{"shard-fetch-interval", "shardFetchInterval"},
	{"max-shards-per-describe", "maxShardsPerDescribe"},
	{"aws-access-key", "awsAccessKey"},
	{"aws-secret-key", "awsSecretKey"},
	{"role-arn", "roleArn"},
	{"role-external-id", "roleExternalId"},
	{"role-session-name", "roleSessionName"},
	{"sts-endpoint", "stsEndpoint"},
	{"consumer-mode", "consumerMode"},
	{"consumer-name", "consumerName"},
	{"consumer-name-prefix", "consumerNamePrefix"},
	{"registered-consumer-id", "registeredConsumerId"},
	{"registered-consumer-id-type", "registeredConsumerIdType"},
	{"consumer-refresh-interval", "consumerRefreshInterval"},
	{"register-consumer-timeout", "registerConsumerTimeoutInterval"},
	{"require-consumer-deregistration", "requireConsumerDeregistration"},
	{"available-now", "Trigger.AvailableNow"},
}

// AnnotateOptions annotates the flags of a command tree with the connector's options.
func AnnotateOptions(root *cobra.Command) {
	for _, n := range OptionNames {
		for _, f := range flagsNamed(root, n.Flag) {
			f.Annotations[OptionAnnotation] = []string{n.Option}
		}
	}
}

// flagsNamed returns the flags of a name, in the order of their commands.
func flagsNamed(root *cobra.Command, name string) []*pflag.Flag {
	if f := root.PersistentFlags().Lookup(name); f != nil {
		return []*pflag.Flag{f}
	}
	var found []*pflag.Flag
	for _, c := range root.Commands() {
		if f := c.LocalNonPersistentFlags().Lookup(name); f != nil {
			found = append(found, f)
		}
	}
	return found
}

// Option is one of the connector's options, described by kin's flag for it.
type Option struct{ Name, Flag, Unit, Defaults, Meaning string }

// Options returns the connector's options that the command tree has flags for.
func Options(root *cobra.Command) []Option {
	list := []Option{{
		Name: "streamName, streamARN", Flag: "the arguments", Defaults: "required",
		Meaning: "The streams to read, by name or ARN, separated by spaces or commas.",
	}}
	for _, n := range OptionNames {
		var o Option
		for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
			set := c.LocalNonPersistentFlags()
			if c == root {
				set = c.PersistentFlags()
			}
			f := set.Lookup(n.Flag)
			if f == nil || f.Annotations[OptionAnnotation] == nil {
				continue
			}
			_, h := flags.HelpOf(f)
			defaults := h.Default
			if defaults == "" && f.NoOptDefVal != "" {
				defaults = "off"
			} else if defaults == "" {
				defaults = "none"
			}
			if o.Name == "" {
				o = Option{f.Annotations[OptionAnnotation][0], "--" + f.Name, h.Value, defaults, h.Full}
			} else if !strings.HasPrefix(o.Defaults, defaults) {
				o.Defaults += ", " + c.Name() + ": " + defaults
			}
		}
		if o.Name != "" {
			list = append(list, o)
		}
	}
	return list
}

// OptionsHelp returns the text of `kin help options`.
func OptionsHelp(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(`The options of the Databricks Structured Streaming connector for Kinesis, and
the flags of kin that mean the same. kin read and kin tail have all of them.
Every command that calls the service has those about region, endpoint and
credentials.
`)
	for _, o := range Options(root) {
		fmt.Fprintf(&b, "\n  %s\n      %s", o.Name, strings.TrimSpace(o.Flag+" "+o.Unit))
		if o.Flag[0] == '-' {
			b.WriteString("  (default: " + o.Defaults + ")")
		}
		b.WriteByte('\n')
		for _, line := range wrapped(o.Meaning, 72) {
			b.WriteString("      " + line + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// wrapped breaks a text at spaces into lines of at most width bytes. A longer word gets its
// own line.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// OptionsPage returns docs/options.md: the content of `kin help options` as a table.
func OptionsPage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(`# The connector's options in kin

The options of the Databricks Structured Streaming connector for Kinesis, and the flags of kin that mean the same; ` + "`kin help options`" + `
prints them too. Each can also be set by a variable or in the configuration file (` + "`kin help settings`" + `). [databricks.md](databricks.md) goes
through the connector's documentation paragraph by paragraph.

| connector option | flag | default | meaning |
|---|---|---|---|
`)
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	for _, o := range Options(root) {
		name, flag := "`"+strings.ReplaceAll(o.Name, ", ", "`, `")+"`", o.Flag
		if flag[0] == '-' {
			flag = "`" + flag + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, flag, cell(o.Defaults), cell(o.Meaning))
	}
	return b.String()
}
