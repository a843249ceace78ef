// Command messages prints every text in kin's source that a user may see: messages, errors, hints
// and help. All of them can then be read as one text.
//
//	go run ./scripts/messages [FOLDER...]
//
// Without folders it reads cmd and the core packages. A line is FILE:LINE, KIND and TEXT, separated
// by tabs. KIND is help, hint, error or text. It omits the records of the log (--debug), names of
// fields and patterns.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// folders are the directories with kin's texts. The embedded endpoint is not included, because its
// texts are the service's.
var folders = []string{"cmd", "doctor", "efo", "format", "inspect", "internal", "reader", "survey", "transfer", "writer"}

func main() {
	flag.Parse()
	roots := flag.Args()
	if len(roots) == 0 {
		roots = slices.DeleteFunc(folders, isMissing)
	}
	out := bufio.NewWriter(os.Stdout)
	err := printTexts(out, roots)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}

func isMissing(folder string) bool {
	_, err := os.Stat(folder)
	return os.IsNotExist(err)
}

// printTexts prints the texts of all Go files below the roots, except tests. A root that does not
// exist is an error.
func printTexts(out *bufio.Writer, roots []string) error {
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || filepath.ToSlash(path) == "internal/local"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
				return nil
			}
			found, err := textsOf(path, nil)
			for _, one := range found {
				_, _ = fmt.Fprintf(out, "%s:%d\t%s\t%s\n", filepath.ToSlash(path), one.line, one.kind, strings.ReplaceAll(strings.TrimSpace(one.text), "\n", " | ")) // Flush has the error
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// text is a text in a file, with its line.
type text struct {
	line       int
	kind, text string
}

// textsOf returns the texts of a file in order. src is as in parser.ParseFile.
func textsOf(path string, src any) ([]text, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	v := &visitor{set: set}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		v.kind = "text"
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
			v.kind = map[string]string{"Error": "error", "Hint": "hint"}[f.Name.Name]
			if v.kind == "" {
				v.kind = "text"
			}
		}
		ast.Walk(v, d)
	}
	return v.found, nil
}

// visitor collects texts. kind is the kind of the texts in the current node.
type visitor struct {
	set   *token.FileSet
	kind  string
	found []text
}

// in visits nodes whose texts have another kind.
func (v *visitor) in(kind string, nodes ...ast.Node) {
	before := v.kind
	v.kind = kind
	for _, n := range nodes {
		ast.Walk(v, n)
	}
	v.kind = before
}

// Visit collects the texts of a node. It returns nil if the nodes below are not to be visited.
func (v *visitor) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.Field: // struct tags are not texts
		return nil
	case *ast.CallExpr:
		name := calleeOf(n)
		switch {
		case strings.HasSuffix(name, "Context") || name == "MustCompile" || name == "Format":
			return nil // the log, patterns
		case strings.HasSuffix(name, "Var") || strings.HasSuffix(name, "VarP"):
			v.in("help", exprs(n.Args)...)
			return nil
		case (name == "UsageHint" || name == "refuseHint") && len(n.Args) > 1:
			v.in("hint", n.Args[0])
			v.in("error", exprs(n.Args[1:])...)
			return nil
		case name == "Usage", name == "refuse", name == "Errorf", name == "New" && isText(n.Args):
			v.in("error", exprs(n.Args)...)
			return nil
		}
	case *ast.KeyValueExpr:
		key, _ := n.Key.(*ast.Ident)
		if key == nil {
			break
		}
		if kind := map[string]string{"Short": "help", "Long": "help", "Full": "help", "Example": "help", "Help": "help", "Reason": "error", "Want": "error", "Next": "hint", "Advice": "hint"}[key.Name]; kind != "" {
			v.in(kind, n.Value)
			return nil
		}
	case *ast.BinaryExpr:
		if s, ok := joined(n); ok {
			v.add(n.Pos(), s)
			return nil
		}
	case *ast.BasicLit:
		if s, ok := joined(n); ok {
			v.add(n.Pos(), s)
		}
	}
	return v
}

// add records a text if it has more than one word.
func (v *visitor) add(at token.Pos, s string) {
	if len(strings.Fields(s)) > 1 && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") {
		v.found = append(v.found, text{v.set.Position(at).Line, v.kind, s})
	}
}

// joined returns the text of string literals that are joined with +. It has … for the other
// operands. ok is false if no operand is a string literal.
func joined(e ast.Expr) (s string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, isLeft := joined(e.X)
		right, isRight := joined(e.Y)
		if !isLeft {
			left = "…"
		}
		if !isRight {
			right = "…"
		}
		return left + right, isLeft || isRight
	case *ast.ParenExpr:
		return joined(e.X)
	}
	return "", false
}

func isText(args []ast.Expr) bool {
	if len(args) != 1 {
		return false
	}
	_, ok := joined(args[0])
	return ok
}

func calleeOf(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func exprs(list []ast.Expr) []ast.Node {
	nodes := make([]ast.Node, len(list))
	for i, e := range list {
		nodes[i] = e
	}
	return nodes
}
