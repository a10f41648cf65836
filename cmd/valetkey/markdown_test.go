package main

import (
	"fmt"
	"slices"
	"strings"
)

// A block is a fenced block of a page.
type block struct {
	page  string
	line  int
	lang  string
	lines []string
}

func (b block) at() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// The languages of blocks. What runs is run; text and json show what cannot be run, and are not.
var (
	runLanguages   = []string{"sh", "console"}
	otherLanguages = []string{"go", "text", "json"}
)

// parseBlocks finds the blocks of a page. A language it does not know is an error, so that no command escapes
// under another name; so is a text block with a prompt in it.
func parseBlocks(page, content string) ([]block, error) {
	var all []block
	var open *block
	for i, line := range strings.Split(content, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &block{page: page, line: i + 1, lang: fence}
		case isFence:
			all, open = append(all, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s: the block has no end", open.at())
	}
	for _, b := range all {
		if err := b.check(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b block) check() error {
	if !slices.Contains(runLanguages, b.lang) && !slices.Contains(otherLanguages, b.lang) {
		return fmt.Errorf("%s: a block of language %q: use one of %v %v", b.at(), b.lang, runLanguages, otherLanguages)
	}
	if b.lang == "text" && slices.ContainsFunc(b.lines, func(l string) bool { return strings.HasPrefix(l, "$ ") }) {
		return fmt.Errorf("%s: a text block with a command is never run: make it a console block", b.at())
	}
	return nil
}

// A step is one command of a block with the lines that it must print, in order and among others.
type step struct {
	at      string
	command string
	want    []string
	// statusShown says that the next command prints the exit code; otherwise it must be 0.
	statusShown bool
}

// steps of a console block are its prompts; an sh block is one step that must succeed.
func (b block) steps() ([]step, error) {
	if b.lang == "sh" {
		return []step{{at: b.at(), command: strings.Join(b.lines, "\n")}}, nil
	}
	var all []step
	for i, line := range b.lines {
		at := fmt.Sprintf("%s:%d", b.page, b.line+i+1)
		command, isCommand := strings.CutPrefix(line, "$ ")
		more, isMore := strings.CutPrefix(line, "> ")
		last := len(all) - 1
		switch {
		case isCommand:
			all = append(all, step{at: at, command: command})
		case last < 0:
			return nil, fmt.Errorf("%s: a console block begins with a prompt: $ command", at)
		case isMore:
			all[last].command += "\n" + more
		default:
			all[last].want = append(all[last].want, line)
		}
	}
	for i := 1; i < len(all); i++ {
		all[i-1].statusShown = all[i].command == "echo $?"
	}
	return all, nil
}
