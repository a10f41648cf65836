package topology

import (
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A Form is what a request asks for, and so how its reply reads.
type Form uint8

// The forms.
const (
	None     Form = iota // a reply that names no nodes, unless it is an error
	Slots                // CLUSTER SLOTS
	Shards               // CLUSTER SHARDS
	Nodes                // CLUSTER NODES
	Replicas             // CLUSTER REPLICAS, CLUSTER SLAVES
)

// Rewrite appends to dst a reply, one whole value, with the nodes named otherwise. Errors are looked at whatever the form is.
func Rewrite(dst, reply []byte, form Form, to Rename) []byte {
	if reply[0] == '-' {
		return redirect(dst, reply, to)
	}
	v := resp.ParseValue(reply)
	if err := rewrite(v, form, to); err != nil {
		return refusal(dst, err)
	}
	return v.Append(dst)
}

// RewriteElements is Rewrite for EXEC's reply, of which forms tells the elements that name nodes.
func RewriteElements(dst, reply []byte, forms map[int]Form, to Rename) []byte {
	if reply[0] == '-' {
		return redirect(dst, reply, to)
	}
	v := resp.ParseValue(reply)
	for i, e := range v.Elems {
		if err := rewrite(e, forms[i], to); err != nil {
			*e = resp.Value{Text: refusal(nil, err)}
		}
	}
	return v.Append(dst)
}

func rewrite(v *resp.Value, form Form, to Rename) error {
	var r roll
	if v.Kind == '|' {
		v = v.Elems[len(v.Elems)-1]
	}
	finish := func() {}
	switch form {
	case Slots:
		r.slots(v)
	case Shards:
		r.shards(v)
	case Nodes:
		finish = r.text(v)
	case Replicas:
		finish = r.texts(v)
	}
	if err := r.rename(to, form != Replicas); err != nil {
		return err
	}
	finish()
	return nil
}

// refusal is the error that stands in the place of a reply that cannot be rewritten.
func refusal(dst []byte, err error) []byte {
	const most = 500
	text := strings.Join(strings.Fields(err.Error()), " ")
	return resp.AppendError(dst, "ERR valetkey: "+text[:min(len(text), most)])
}
