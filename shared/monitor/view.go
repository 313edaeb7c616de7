package monitor

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// Order is how the jobs of an overview are sorted.
type Order string

// Orders. Jobs that are equal in one are sorted by their urgency.
const (
	OrderUrgency  Order = "urgency" // the most urgent first
	OrderID       Order = "id"
	OrderDeadline Order = "deadline" // the earliest first
	OrderProgress Order = "progress" // the least first
	OrderEnded    Order = "ended"    // the last one that ended first
)

// Orders returns all orders.
func Orders() []Order {
	return []Order{OrderUrgency, OrderID, OrderDeadline, OrderProgress, OrderEnded}
}

// States that stand for several.
const (
	StateLiving = "living"
	StateEnded  = "ended"
)

// States returns what Status.State may be, and the states that stand for several.
func States() []string {
	return []string{
		StateLiving, StateEnded, string(job.PhasePending), string(job.PhaseRunning), string(forecast.StatusAtRisk),
		string(forecast.StatusStalled), string(forecast.StatusUnobserved), string(forecast.StatusSuspended),
		string(job.PhaseFinished), string(job.PhaseFailed), string(job.PhaseStopped), string(PhaseUnreadable),
	}
}

// View selects jobs, living and ended ones of the retention. The zero value selects the
// most urgent ones.
type View struct {
	Text          string   // a part of the id
	IDs           []job.ID // only these; none: all
	States        []string // of States; none: all
	Order         Order    // "" is OrderUrgency
	Reverse       bool
	Limit, Offset int // of the jobs that are selected; a limit outside 1 to 100 counts as 100
}

// Bounds of the parameters of a view.
const (
	viewLimit  = 25 // without a limit
	maxOffset  = 1_000_000
	maxViewIDs = 100
)

// ParseView reads a view from the parameters of a query: q, a part of an id; state and id,
// which may be repeated; sort, with a minus before it to reverse it; limit and offset. An
// empty parameter counts as missing. Its error names every wrong one.
func ParseView(values url.Values) (View, error) {
	v := View{Text: strings.ToLower(strings.TrimSpace(values.Get("q"))), States: given(values, "state"), Limit: viewLimit}
	var wrong failure.Fields
	checkNames(values, &wrong)
	if len(v.Text) > job.MaxID {
		wrong.Add("q", "want at most %d characters", job.MaxID)
	}
	for _, state := range v.States {
		if !slices.Contains(States(), state) {
			wrong.Add("state", "want %s", strings.Join(States(), ", "))
			break
		}
	}
	order, reverse := strings.CutPrefix(values.Get("sort"), "-")
	v.Order, v.Reverse = Order(order), reverse
	if order != "" && !slices.Contains(Orders(), v.Order) || reverse && order == "" {
		wrong.Add("sort", "want one of %v; a minus before it reverses the order", Orders())
	}
	number(values, "limit", 1, listPage, &v.Limit, &wrong)
	number(values, "offset", 0, maxOffset, &v.Offset, &wrong)
	if texts := given(values, "id"); len(texts) > maxViewIDs {
		wrong.Add("id", "want at most %d", maxViewIDs)
	} else {
		for _, text := range texts {
			id, err := job.ParseID(text)
			if err != nil {
				wrong.Add("id", "want ids of jobs, got %.80q", text)
				break
			}
			v.IDs = append(v.IDs, id)
		}
	}
	return v, wrong.Err()
}

// viewParameters are the parameters of a view, and whether they may be repeated.
var viewParameters = map[string]bool{"q": false, "state": true, "sort": false, "limit": false, "offset": false, "id": true}

func checkNames(values url.Values, wrong *failure.Fields) {
	for name, texts := range values {
		repeated, known := viewParameters[name]
		switch {
		case !known:
			wrong.Add(fmt.Sprintf("%.80q", name), "no such parameter: there are q, state, sort, limit, offset and id")
		case !repeated && len(texts) > 1:
			wrong.Add(name, "want it once")
		}
	}
	slices.SortFunc(*wrong, func(a, b failure.FieldError) int { return strings.Compare(a.Field, b.Field) })
	const most = 20
	*wrong = (*wrong)[:min(len(*wrong), most)]
}

// given returns the values of a parameter without empty ones: a form sends fields that are
// not filled in.
func given(values url.Values, name string) []string {
	return slices.DeleteFunc(slices.Clone(values[name]), func(text string) bool { return text == "" })
}

func number(values url.Values, name string, least, most int, target *int, wrong *failure.Fields) {
	text := values.Get(name)
	if text == "" {
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		wrong.Add(name, "want a whole number from %d to %d", least, most)
		return
	}
	*target = n
}
