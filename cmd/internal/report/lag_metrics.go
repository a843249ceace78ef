package report

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"kin/inspect"
)

// LagMetrics is a look as Prometheus reads it, under the name that
// --metrics-listen has, and with the connector's three figures.
func LagMetrics(look inspect.Look) (string, error) {
	figure := func(name, what string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kin_" + name + "_millis_behind_latest", Help: "Milliseconds that the shards of a stream are behind, " + what + "; those that are done left out.",
		}, []string{"stream"})
	}
	avg, most, least := figure("avg", "on average"), figure("max", "at most"), figure("min", "at least")
	losses := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "kin_losses", Help: "Stretches of a stream's shards that are gone, or may be, and were not read.",
	}, []string{"stream"})
	behind := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: behindMetric,
		Help: "Milliseconds that a shard is behind: the age of its oldest record that was not read.",
	}, []string{"stream", "shard"})
	for _, s := range look.Streams {
		losses.WithLabelValues(s.Stream).Set(float64(len(s.Losses)))
		if s.Lag.Shards > 0 {
			avg.WithLabelValues(s.Stream).Set(s.Lag.Avg)
			most.WithLabelValues(s.Stream).Set(float64(s.Lag.Max))
			least.WithLabelValues(s.Stream).Set(float64(s.Lag.Min))
		}
		for _, shard := range s.Shards {
			if shard.State != inspect.Done {
				behind.WithLabelValues(s.Stream, shard.ShardID).Set(float64(shard.MillisBehindLatest))
			}
		}
	}
	registry := prometheus.NewRegistry()
	for _, gauge := range []prometheus.Collector{behind, avg, most, least, losses} {
		if err := registry.Register(gauge); err != nil {
			return "", err
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
