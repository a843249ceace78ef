package doctor

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"

	"kin/internal/paging"
	"kin/internal/service"
	"kin/internal/validate"
	"kin/reader"
)

// invalidAnswerAdvice is the advice after an answer that Kinesis never gives.
const invalidAnswerAdvice = "this is not an answer of Kinesis: check --endpoint (AWS_ENDPOINT_URL_KINESIS)"

// invalidAnswer returns the problem of an answer that parsed but cannot be used; empty for other
// errors. No run can continue after such an answer.
func invalidAnswer(err error) string {
	var (
		lineage   *reader.LineageError
		endless   *paging.Error
		invalid   *validate.Error
		malformed *smithy.DeserializationError
	)
	switch {
	case errors.As(err, &lineage):
		return "the answer cannot be right: shard " + lineage.Shard + " is its own ancestor"
	case errors.As(err, &endless):
		return endless.Error()
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.Is(err, validate.ErrNoShards):
		return brief(err)
	case errors.As(err, &malformed) && service.Status(err) < http.StatusBadRequest:
		return brief(err)
	}
	return ""
}
