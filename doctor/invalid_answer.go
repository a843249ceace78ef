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

// wrongAdvice is what to do about an answer that the service never gives.
const invalidAnswerAdvice = "Kinesis does not answer like this: check --endpoint (AWS_ENDPOINT_URL_KINESIS)"

// wrong returns what is wrong with an answer that passed as one of the service
// and cannot be used: no run can go on with it. It is empty for other errors.
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
