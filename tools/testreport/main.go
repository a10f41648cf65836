// Command testreport reads the events of go test -json from the named file and says plainly what did
// not run: each skipped test with its reason. With -strict any skipped test is a failure.
//
//	testreport [-strict] FILE
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	strict := flag.Bool("strict", false, "fail if any test was skipped")
	flag.Parse()
	file, err := os.Open(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	r, err := read(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	fmt.Print(r)
	if !r.passed(*strict) {
		os.Exit(1)
	}
}
