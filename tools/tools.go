// Package tools pins what builds and checks the project. Its module stays outside go.work, so that
// nothing a linter depends on reaches the modules that users import.
package tools
