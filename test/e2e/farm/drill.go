package farm

import (
	"context"
	"fmt"
	"time"
)

// Drill does to a cluster what happens to clusters, one after another with the time between them: a replica takes over, a shard is added, the slots of
// the keys move there one after another, and back, and the shard goes. It tells report what it has done, and ends early with ctx.
func (f *Farm) Drill(ctx context.Context, between time.Duration, keys []string, report func(string)) error {
	d := drill{Farm: f, ctx: ctx, between: between, keys: keys, report: report}
	for _, step := range []func() error{d.failOver, d.add, d.moveThere, d.moveBack, d.remove} {
		if d.pause(between); ctx.Err() != nil {
			return nil
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type drill struct {
	*Farm
	ctx     context.Context
	between time.Duration
	keys    []string
	report  func(string)

	old   []*Node // the masters before
	added *Node
}

func (d *drill) pause(t time.Duration) {
	select {
	case <-d.ctx.Done():
	case <-time.After(t):
	}
}

func (d *drill) failOver() error {
	all, err := d.Masters()
	if err != nil {
		return err
	}
	next, err := d.FailOver(all[0])
	if err != nil {
		return err
	}
	d.report(fmt.Sprintf("failover: %s has taken over from %s", next.Addr, all[0].Addr))
	return nil
}

func (d *drill) add() (err error) {
	if d.old, err = d.Masters(); err != nil {
		return err
	}
	if d.added, err = d.AddShard(); err != nil {
		return err
	}
	d.report("shard added: " + d.added.Addr)
	return nil
}

func (d *drill) moveThere() error {
	return d.move(func(int) *Node { return d.added })
}

func (d *drill) moveBack() error {
	return d.move(func(i int) *Node { return d.old[i%len(d.old)] })
}

// move moves the slots of all keys.
func (d *drill) move(to func(i int) *Node) error {
	for i, key := range d.keys {
		slot, err := d.Slot(key)
		if err != nil {
			return err
		}
		if err := d.MoveSlot(slot, to(i), func() { d.pause(d.between / 50) }); err != nil {
			return fmt.Errorf("move slot %d: %w", slot, err)
		}
		d.report(fmt.Sprintf("slot %d moved to %s", slot, to(i).Addr))
	}
	return nil
}

func (d *drill) remove() error {
	if err := d.RemoveShard(d.added); err != nil {
		return err
	}
	d.report("shard removed: " + d.added.Addr)
	return nil
}
