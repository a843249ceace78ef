package format

import "unicode/utf8"

// flatRows is how many rows of the terminal a record may take before its
// payload is laid out: a record a line reads best, until it is a wall of text.
const flatRows = 3

// appendJSON appends the JSON object or array data: behind what is on the line
// already, columns wide, if both together take no more than flatRows rows,
// otherwise below it. There, every object or array that fits in a line of its
// own stays on one, and numbers and other scalars of an array share lines.
func (p *Pretty) appendJSON(dst, data []byte, columns int) []byte {
	if most := flatRows * p.width; columns+flatWidthOf(data, most) <= most {
		dst, _ = p.appendFlat(append(dst, ' '), data, 0)
		return dst
	}
	dst = appendBreak(dst, 1)
	dst, _ = p.appendLaidOut(dst, data, 0, 1, 2)
	return dst
}

// flatWidthOf returns how many columns data needs on one line, or more than
// limit.
func flatWidthOf(data []byte, limit int) int {
	width, _ := flatWidth(data, 0, limit)
	return width
}

// appendBreak begins a line that is indented by two columns a level.
func appendBreak(dst []byte, level int) []byte {
	dst = append(dst, '\n')
	for range level {
		dst = append(dst, ' ', ' ')
	}
	return dst
}

// appendLaidOut appends the value at data[i], which begins in the given column
// of a line at the given level, and returns the index after it.
func (p *Pretty) appendLaidOut(dst, data []byte, i, level, column int) ([]byte, int) {
	open := data[i]
	if open != '{' && open != '[' {
		return p.appendScalar(dst, data, i)
	}
	// One column is left for a comma.
	if width, _ := flatWidth(data, i, p.width); column+width < p.width {
		return p.appendFlat(dst, data, i)
	}
	dst = append(dst, open)
	i = skipSpace(data, i+1)
	indent := 2 * (level + 1)
	columns := 0 // columns left on the line for another scalar
	for data[i] != '}' && data[i] != ']' {
		column := indent
		scalar := false
		if open == '{' {
			end := skipString(data, i)
			dst = appendBreak(dst, level+1)
			dst = p.appendName(dst, data[i:end])
			column += utf8.RuneCount(data[i:end]) + 2
			i = skipSpace(data, skipSpace(data, end)+1)
		} else {
			scalar = data[i] != '{' && data[i] != '['
			width, _ := flatWidth(data, i, p.width)
			if scalar && columns > width+1 {
				dst = append(dst, ' ')
				columns -= width + 2
			} else {
				dst = appendBreak(dst, level+1)
				columns = p.width - indent - width - 1
			}
		}
		dst, i = p.appendLaidOut(dst, data, i, level+1, column)
		if !scalar {
			columns = 0
		}
		if i = skipSpace(data, i); data[i] == ',' {
			dst = append(dst, ',')
			i = skipSpace(data, i+1)
		}
	}
	dst = appendBreak(dst, level)
	return append(dst, data[i]), i + 1
}

// appendFlat appends the value at data[i] on one line and returns the index
// after it.
func (p *Pretty) appendFlat(dst, data []byte, i int) ([]byte, int) {
	open := data[i]
	if open != '{' && open != '[' {
		return p.appendScalar(dst, data, i)
	}
	dst = append(dst, open)
	i = skipSpace(data, i+1)
	for data[i] != '}' && data[i] != ']' {
		if open == '{' {
			end := skipString(data, i)
			dst = p.appendName(dst, data[i:end])
			i = skipSpace(data, skipSpace(data, end)+1)
		}
		dst, i = p.appendFlat(dst, data, i)
		if i = skipSpace(data, i); data[i] == ',' {
			dst = append(dst, ',', ' ')
			i = skipSpace(data, i+1)
		}
	}
	return append(dst, data[i]), i + 1
}

// flatWidth returns how many columns appendFlat needs for the value at data[i]
// and the index after the value. It stops counting soon after limit.
func flatWidth(data []byte, i, limit int) (width, end int) {
	open := data[i]
	if open != '{' && open != '[' {
		end = skipValue(data, i, 0, anyJSON)
		return utf8.RuneCount(data[i:end]), end
	}
	width = 2
	i = skipSpace(data, i+1)
	for data[i] != '}' && data[i] != ']' {
		if width > limit {
			return width, -1
		}
		if open == '{' {
			end := skipString(data, i)
			width += utf8.RuneCount(data[i:end]) + 2
			i = skipSpace(data, skipSpace(data, end)+1)
		}
		w, end := flatWidth(data, i, limit-width)
		if width += w; end < 0 {
			return width, -1
		}
		if i = skipSpace(data, end); data[i] == ',' {
			width += 2
			i = skipSpace(data, i+1)
		}
	}
	return width, i + 1
}

// appendName appends the name of a member and what separates it from the value.
func (p *Pretty) appendName(dst, name []byte) []byte {
	dst = p.appendWord(dst, p.name, name)
	return append(dst, ':', ' ')
}

// appendScalar appends the string, number or word at data[i] with its own
// bytes and returns the index after it.
func (p *Pretty) appendScalar(dst, data []byte, i int) ([]byte, int) {
	end := skipValue(data, i, 0, anyJSON)
	s := p.number
	switch data[i] {
	case '"':
		s = p.text
	case 't', 'f', 'n':
		s = p.word
	}
	return p.appendWord(dst, s, data[i:end]), end
}
