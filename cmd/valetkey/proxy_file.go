package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A proxyFile is the file of --config: keys named like flags, with underscores, and the targets with what is theirs alone.
type proxyFile struct {
	name    string
	keys    fileKeys
	targets []fileKeys
}

// fileKeys are the keys of one JSON object.
type fileKeys map[string]json.RawMessage

// notInFile are the flags that have no key of their own: the targets have "listen".
func notInFile() []string { return []string{"config", "print-config", "listen", "help"} }

// fileKey is the key of a flag.
func fileKey(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// readProxyFile reads the file; without a name it is empty.
func readProxyFile(cmd *cobra.Command, name string) (*proxyFile, error) {
	p := &proxyFile{name: name}
	if name == "" {
		return p, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, badFile("config", err)
	}
	if err := oneValue(text, &p.keys); err != nil {
		return nil, p.wrong("", err)
	}
	if raw, ok := p.keys["targets"]; ok && json.Unmarshal(raw, &p.targets) != nil {
		return nil, p.wrong("targets", errors.New(`want a list of objects: [{"url": "rediss://USER@HOST:PORT", "listen": "HOST:PORT"}]`))
	}
	delete(p.keys, "targets")
	if err := p.known("", p.keys, globalKeys(cmd.Flags())); err != nil {
		return nil, err
	}
	for i, t := range p.targets {
		if err := p.known(fmt.Sprintf("targets[%d]: ", i), t, targetKeys()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// oneValue reads one JSON value, and says in which line it goes wrong.
func oneValue(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	err := d.Decode(into)
	at := d.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = errors.New("want an object: {…}")
	}
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("something follows the end of the object")
		}
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:min(int(at), len(text))], []byte("\n")), err)
	}
	return nil
}

// known refuses a key that nothing reads.
func (p *proxyFile) known(where string, keys fileKeys, all []string) error {
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(all, key) {
			return &exitError{exitConfig, fmt.Errorf("%s: %sunknown key %q", p.name, where, key), "the keys here are " + strings.Join(all, ", ")}
		}
	}
	return nil
}

func (p *proxyFile) wrong(key string, err error) error {
	if key != "" {
		err = fmt.Errorf("%s: %w", key, err)
	}
	return &exitError{exitConfig, fmt.Errorf("%s: %w", p.name, err), "docs/how-to/proxy.md describes the file; valetkey proxy --print-config writes one"}
}

// globalKeys are the keys of the whole file, targetKeys those of a target.
func globalKeys(flags *pflag.FlagSet) []string {
	all := []string{"targets"}
	flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(notInFile(), f.Name) {
			all = append(all, fileKey(f.Name))
		}
	})
	return all
}

func targetKeys() []string {
	all := []string{"url", "listen"}
	new(sidecarOptions).flagSet().VisitAll(func(f *pflag.Flag) { all = append(all, fileKey(f.Name)) })
	return all
}

func targetKey(i int, key string) string { return fmt.Sprintf("targets[%d].%s", i, key) }

// apply sets the flags that neither the command line nor the environment has set.
func (p *proxyFile) apply(flags *pflag.FlagSet, keys fileKeys, where string, given func(flag string) bool) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		raw, ok := keys[fileKey(f.Name)]
		if !ok || err != nil || given(f.Name) {
			return
		}
		if bad := setFromJSON(f.Value, raw); bad != nil {
			err = p.wrong(where+fileKey(f.Name), bad)
		}
	})
	return err
}

// setFromJSON takes numbers, truth values and lists as they stand, everything else as a text.
func setFromJSON(v pflag.Value, raw json.RawMessage) error {
	var got any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		return err
	}
	list, isList := got.([]any)
	slice, wantsList := v.(pflag.SliceValue)
	switch {
	case isList && wantsList:
		words := make([]string, len(list))
		for i, one := range list {
			words[i] = fmt.Sprint(one)
		}
		return slice.Replace(words)
	case wantsList:
		return fmt.Errorf("%s: want a list of texts", raw)
	}
	if _, text := got.(string); text != writtenAsText(v) {
		return fmt.Errorf("%s: want a %s", raw, v.Type())
	}
	return v.Set(fmt.Sprint(got))
}

// writtenAsText is true of what stands in quotes in the file.
func writtenAsText(v pflag.Value) bool { return v.Type() == "string" || v.Type() == "duration" }

// toJSON is the counterpart of setFromJSON.
func toJSON(v pflag.Value) any {
	if slice, ok := v.(pflag.SliceValue); ok {
		return append([]string{}, slice.GetSlice()...) // [], not null
	}
	if writtenAsText(v) {
		return v.String()
	}
	return json.RawMessage(v.String())
}
