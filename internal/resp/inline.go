package resp

// splitInline splits an inline request into words as the server does: white space between, "…" with escapes, '…' with \'.
// It reports false where the server answers "unbalanced quotes". A vertical tab and a form feed do not end a word.
func splitInline(line []byte) (args [][]byte, ok bool) {
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return args, true
		}
		var word []byte
		if word, line, ok = inlineWord(line); !ok {
			return nil, false
		}
		args = append(args, word)
	}
}

func inlineWord(line []byte) (word, rest []byte, ok bool) {
	word = []byte{}
	for len(line) > 0 && !endsWord(line[0]) {
		quote := line[0]
		if quote != '"' && quote != '\'' {
			word, line = append(word, quote), line[1:]
			continue
		}
		if word, line, ok = quoted(word, line[1:], quote); !ok {
			return nil, nil, false
		}
		if len(line) > 0 && !isSpace(line[0]) { // a closing quote must end the word
			return nil, nil, false
		}
	}
	return word, line, true
}

// quoted appends to word what stands before the closing quote.
func quoted(word, line []byte, quote byte) (_, rest []byte, ok bool) {
	for len(line) > 0 {
		switch {
		case line[0] == quote:
			return word, line[1:], true
		case line[0] == '\\' && quote == '"':
			var b byte
			b, line = escape(line[1:])
			word = append(word, b)
		case line[0] == '\\' && len(line) > 1 && line[1] == '\'':
			word, line = append(word, '\''), line[2:]
		default:
			word, line = append(word, line[0]), line[1:]
		}
	}
	return nil, nil, false
}

// escape reads what stands behind a backslash inside double quotes.
func escape(line []byte) (b byte, rest []byte) {
	if len(line) == 0 {
		return '\\', nil
	}
	if line[0] == 'x' && len(line) > 2 && isHex(line[1]) && isHex(line[2]) {
		return hex(line[1])<<4 | hex(line[2]), line[3:]
	}
	switch b = line[0]; b {
	case 'n':
		b = '\n'
	case 'r':
		b = '\r'
	case 't':
		b = '\t'
	case 'b':
		b = '\b'
	case 'a':
		b = '\a'
	}
	return b, line[1:]
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

func endsWord(b byte) bool { return isSpace(b) && b != '\v' && b != '\f' }

func isHex(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f' }

func hex(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b | 0x20 - 'a' + 10
}
