package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// printConfig writes to stdout what the proxy would run with, as a file for --config, and to stderr where it comes from. Both are without
// secrets: passwords stay in the files that hold them, and a URL with one has been refused.
func (a *app) printConfig(cmd *cobra.Command, o *proxyOptions, file *proxyFile) error {
	origins := map[string]string{}
	whole := map[string]any{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if new(sidecarOptions).flagSet().Lookup(f.Name) == nil && !slices.Contains(notInFile(), f.Name) {
			whole[fileKey(f.Name)] = toJSON(f.Value)
			origins[fileKey(f.Name)] = a.origin(cmd, f.Name, nil, file)
		}
	})
	targets := make([]map[string]any, len(o.sidecars))
	for i, s := range o.sidecars {
		targets[i] = s.printed()
		origins[targetKey(i, "url")], origins[targetKey(i, "listen")] = s.from, a.origin(cmd, "listen", s.keys, file)
		s.set.VisitAll(func(f *pflag.Flag) { origins[targetKey(i, fileKey(f.Name))] = a.origin(cmd, f.Name, s.keys, file) })
	}
	whole["targets"] = targets
	for _, key := range slices.Sorted(maps.Keys(origins)) {
		if origins[key] != "" {
			fmt.Fprintf(a.stderr, "%s: %s\n", key, origins[key])
		}
	}
	return writeIndented(a.stdout, whole)
}

// printed are the keys of a target.
func (s *sidecar) printed() map[string]any {
	keys := map[string]any{"url": s.url, "listen": s.listen}
	s.set.VisitAll(func(f *pflag.Flag) { keys[fileKey(f.Name)] = toJSON(f.Value) })
	return keys
}

// origin is where the value of a flag comes from; nothing if it is the default. own are the keys of a target.
func (a *app) origin(cmd *cobra.Command, flag string, own fileKeys, file *proxyFile) string {
	f := cmd.Flags().Lookup(flag)
	_, inTarget := own[fileKey(flag)]
	_, inFile := file.keys[fileKey(flag)]
	switch {
	case f.Changed:
		return "--" + flag
	case a.given(cmd, flag):
		return variable(flag)
	case inTarget || inFile:
		return file.name
	}
	return ""
}

func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // the & of a URL
	e.SetIndent("", "  ")
	return e.Encode(v)
}
