package cmd

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/writer"
)

// shop invents the events of a small shop.
type shop struct{ order int }

func newShop() *shop { return &shop{order: 1000} }

// event is the payload of a record.
type event struct {
	Order int     `json:"order"`
	Event string  `json:"event"`
	Item  string  `json:"item"`
	Total float64 `json:"total"`
}

var (
	shopCustomers = []string{"ada", "barbara", "donald", "edsger", "frances", "grace", "ken", "margaret", "niklaus", "radia"}
	shopEvents    = []string{"placed", "paid", "packed", "shipped", "delivered", "returned"}
	shopItems     = []struct {
		name  string
		cents int
	}{{"espresso cup", 850}, {"green tea", 1290}, {"kettle", 4900}, {"milk jug", 2150}, {"sugar bowl", 1775}, {"teapot", 3600}}
)

// next returns the next event. Its partition key is the customer, so that the events of a
// customer stay in order.
func (s *shop) next() writer.Record {
	s.order++
	item := shopItems[rand.IntN(len(shopItems))]
	e := event{
		Order: s.order,
		Event: shopEvents[rand.IntN(len(shopEvents))],
		Item:  item.name,
		Total: float64((1+rand.IntN(4))*item.cents) / 100,
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and finite numbers can always be encoded
	}
	return writer.Record{PartitionKey: shopCustomers[rand.IntN(len(shopCustomers))], Data: data}
}

// middleOf returns the hash key in the middle of a range. It is empty if the range is
// malformed.
func middleOf(r *types.HashKeyRange) string {
	from, ok := new(big.Int).SetString(aws.ToString(r.StartingHashKey), 10)
	to, ok2 := new(big.Int).SetString(aws.ToString(r.EndingHashKey), 10)
	if !ok || !ok2 {
		return ""
	}
	return from.Add(from, to).Rsh(from, 1).String()
}
