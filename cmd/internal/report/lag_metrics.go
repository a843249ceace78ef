package report

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"kin/inspect"
)

// LagMetrics returns a measurement as Prometheus text. The gauge of a shard has the same
// name as with --metrics-listen. The connector's three figures are gauges too.
func LagMetrics(measured inspect.LagReport) (string, error) {
	figure := func(name, what string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kin_" + name + "_millis_behind_latest", Help: "Lag of a stream's shards in milliseconds, " + what + ". Shards that are done do not count.",
		}, []string{"stream"})
	}
	avg, most, least := figure("avg", "average"), figure("max", "maximum"), figure("min", "minimum")
	losses := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "kin_losses", Help: "Gaps in a stream: unread records that expired, or may have expired.",
	}, []string{"stream"})
	behind := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: behindMetric,
		Help: "Lag of a shard in milliseconds: the age of its oldest unread record.",
	}, []string{"stream", "shard"})
	for _, s := range measured.Streams {
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
