// Command style checks the budgets that keep the project small and readable: the size of functions
// and files, names, documentation, examples, and the direction of imports. It prints one line for
// each breach and exits 1 if there is any.
//
//	style [DIR]
package main

import (
	"fmt"
	"os"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	tree, err := readTree(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "style:", err)
		os.Exit(2)
	}
	breaches := check(tree)
	for _, b := range breaches {
		fmt.Println(b)
	}
	fmt.Printf("style: %d files, %s: %d breaches\n", len(tree.files), measure(tree), len(breaches))
	if len(breaches) > 0 {
		os.Exit(1)
	}
}

// check runs every rule over the tree.
func check(t tree) []string {
	var found []string
	for _, rule := range []func(tree) []string{
		fileSizes, functionSizes, functionSpread, names, sleeps, inits,
		imports, verifyIsIndependent, modules, exports, documentation, examples,
	} {
		found = append(found, rule(t)...)
	}
	return found
}
