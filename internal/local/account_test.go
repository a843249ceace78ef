package local

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestTheCommitmentRunsForAtLeastADay(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		check := func(when string, got *types.MinimumThroughputBillingCommitmentOutput, want string) {
			t.Helper()
			since := func(at *time.Time) string {
				if at == nil {
					return "-"
				}
				return at.Sub(f.endpoint.Now()).Round(time.Second).String()
			}
			text := fmt.Sprintf("%s %s %s %s", got.Status, since(got.StartedAt), since(got.EarliestAllowedEndAt), since(got.EndedAt))
			if text != want {
				t.Errorf("%s: got %s, want %s", when, text, want)
			}
		}
		describe := func(when, want string) {
			t.Helper()
			check(when, must(f.DescribeAccountSettings(f.ctx, &kinesis.DescribeAccountSettingsInput{}))(t).MinimumThroughputBillingCommitment, want)
		}
		update := func(status types.MinimumThroughputBillingCommitmentInputStatus, want string) {
			t.Helper()
			out := must(f.UpdateAccountSettings(f.ctx, &kinesis.UpdateAccountSettingsInput{
				MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: status},
			}))(t)
			check(string(status), out.MinimumThroughputBillingCommitment, want)
			describe("after "+string(status), want)
		}
		describe("at first", "DISABLED - - -")
		update("DISABLED", "DISABLED - - -")
		update("ENABLED", "ENABLED 0s 24h0m0s -")
		f.endpoint.Advance(time.Hour)
		update("ENABLED", "ENABLED -1h0m0s 23h0m0s -")
		update("DISABLED", "ENABLED_UNTIL_EARLIEST_ALLOWED_END -1h0m0s 23h0m0s -")
		update("ENABLED", "ENABLED -1h0m0s 23h0m0s -")
		update("DISABLED", "ENABLED_UNTIL_EARLIEST_ALLOWED_END -1h0m0s 23h0m0s -")
		f.endpoint.Advance(23 * time.Hour)
		describe("a day later", "DISABLED -24h0m0s - 0s")
		update("ENABLED", "ENABLED 0s 24h0m0s -")
		f.endpoint.Advance(25 * time.Hour)
		update("DISABLED", "DISABLED -25h0m0s - 0s")

		_, err := f.UpdateAccountSettings(f.ctx, &kinesis.UpdateAccountSettingsInput{
			MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: "MAYBE"},
		})
		wantCode(t, err, "ValidationException")
	})
}

// A stream may have 20 consumers. An on-demand stream may have 50 while the commitment runs.
func TestConsumersOfAStreamAreLimited(t *testing.T) {
	for _, c := range []struct {
		onDemand, committed bool
		most                int
	}{{false, false, 20}, {true, false, 20}, {false, true, 20}, {true, true, 50}} {
		inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
			if c.onDemand {
				_, err := f.UpdateStreamMode(f.ctx, &kinesis.UpdateStreamModeInput{
					StreamARN: aws.String(ordersARN), StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.committed {
				_, err := f.UpdateAccountSettings(f.ctx, &kinesis.UpdateAccountSettingsInput{
					MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: "ENABLED"},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			var err error
			n := 1 // the consumer audit
			for ; err == nil && n <= 60; n++ {
				_, err = f.RegisterStreamConsumer(f.ctx, &kinesis.RegisterStreamConsumerInput{
					StreamARN: aws.String(ordersARN), ConsumerName: aws.String(fmt.Sprint("c", n)),
				})
			}
			wantCode(t, err, "LimitExceededException")
			if n-1 != c.most {
				t.Errorf("%+v: %d consumers were registered", c, n-1)
			}
		})
	}
}

func TestAccountCallsAreLimited(t *testing.T) {
	inBubble(t, 1, Options{Limits: LimitsOn}, func(t *testing.T, f *fanOut) {
		for name, call := range map[string]func() error{
			"describe": func() error {
				_, err := f.DescribeAccountSettings(f.ctx, &kinesis.DescribeAccountSettingsInput{})
				return err
			},
			"update": func() error {
				_, err := f.UpdateAccountSettings(f.ctx, &kinesis.UpdateAccountSettingsInput{
					MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: "DISABLED"},
				})
				return err
			},
		} {
			for range 5 {
				if err := call(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			wantCode(t, call(), "LimitExceededException")
			f.endpoint.Advance(time.Second)
			if err := call(); err != nil {
				t.Errorf("%s: a second later: %v", name, err)
			}
		}
	})
}
