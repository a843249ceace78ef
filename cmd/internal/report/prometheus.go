package report

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kin/reader"
)

// ServeMetrics serves a run's progress as Prometheus text at /metrics until stop is called.
// address is HOST:PORT.
func ServeMetrics(ctx context.Context, address string, r *reader.Reader) (stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(newProgressCollector(r.Progress)); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return func() error {
		err := server.Close()
		if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		return err
	}, nil
}

// behindMetric is the name of the gauge for the lag of a shard.
const behindMetric = "kin_millis_behind_latest"

// progressCollector is a prometheus.Collector. It reads a run's progress when metrics are
// scraped.
type progressCollector struct {
	progress func() reader.Progress

	behind   *prometheus.Desc
	counters []progressCounter
}

type progressCounter struct {
	desc  *prometheus.Desc
	value func(reader.Progress) int64
}

func newProgressCollector(progress func() reader.Progress) *progressCollector {
	counter := func(name, help string, value func(reader.Progress) int64) progressCounter {
		return progressCounter{prometheus.NewDesc(name, help, nil, nil), value}
	}
	return &progressCollector{
		progress: progress,
		behind: prometheus.NewDesc(behindMetric,
			"Milliseconds that a shard is behind its tip; a shard that waits for its parents has the largest lag of a parent.",
			[]string{"stream", "shard"}, nil),
		counters: []progressCounter{
			counter("kin_records_total", "Records written.", func(p reader.Progress) int64 { return p.Records }),
			counter("kin_bytes_total", "Bytes written.", func(p reader.Progress) int64 { return p.Bytes }),
			counter("kin_batches_total", "Batches written and committed.", func(p reader.Progress) int64 { return p.Batches }),
			counter("kin_throttles_total", "Fetches that exceeded a shard's read limit.", func(p reader.Progress) int64 { return p.Throttles }),
			counter("kin_retries_total", "Fetches that failed for another reason and were retried.", func(p reader.Progress) int64 { return p.Retries }),
			counter("kin_left_out_records_total", "Records of aggregates that --hash-filter dropped.", func(p reader.Progress) int64 { return p.Dropped }),
		},
	}
}

// Describe implements prometheus.Collector.
func (c *progressCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.behind
	for _, counter := range c.counters {
		descs <- counter.desc
	}
}

// Collect implements prometheus.Collector.
func (c *progressCollector) Collect(metrics chan<- prometheus.Metric) {
	p := c.progress()
	for _, lag := range p.Lags {
		metrics <- prometheus.MustNewConstMetric(c.behind, prometheus.GaugeValue, float64(lag.MillisBehindLatest), lag.Stream, lag.ShardID)
	}
	for _, counter := range c.counters {
		metrics <- prometheus.MustNewConstMetric(counter.desc, prometheus.CounterValue, float64(counter.value(p)))
	}
}
