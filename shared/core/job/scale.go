package job

// ScaleChange is a change of the number of replicas that a job asks for.
type ScaleChange struct {
	At     int64  `json:"at"` // Unix milliseconds
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Reason string `json:"reason"`
}

// changedByOthers is the reason of a change that this program did not make.
const changedByOthers = "somebody else changed it"

// maxChanges bounds the changes that a state keeps.
const maxChanges = 32

// ScaleChanges holds the last changes of a life, oldest first, and the number of all.
type ScaleChanges struct {
	Count int64         `json:"count,omitempty"`
	Last  []ScaleChange `json:"last,omitempty"`
}

// Append returns the changes with one more.
func (c ScaleChanges) Append(x ScaleChange) ScaleChanges {
	kept := c.Last[max(len(c.Last)+1-maxChanges, 0):]
	return ScaleChanges{Count: c.Count + 1, Last: append(append(make([]ScaleChange, 0, len(kept)+1), kept...), x)}
}
