package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// report writes the tables in Markdown: what became of the Dialer's connections, and beside it of the clients' own mechanisms.
func report(w io.Writer, results []result) {
	of := func(own bool) func(result) bool {
		return func(r result) bool { return r.ours() != own }
	}
	fmt.Fprint(w, "## In short\n\n")
	summary(w, results)
	fmt.Fprint(w, "## With the Dialer, or Keep\n\n")
	table(w, results, of(false))
	if slices.ContainsFunc(results, of(true)) {
		fmt.Fprint(w, "\n## The clients' own mechanisms, under the same load\n\n")
		fmt.Fprint(w, mechanisms)
		table(w, results, of(true))
	}
}

const mechanisms = `*streaming provider*: StreamingCredentialsProvider with a new token twice in a session. *ConnMaxLifetime*: CredentialsProviderContext, and connections
replaced after eleven twelfths of a session, give or take a twenty-fourth. *RefreshAfter*: AuthCredentialsFn that asks to be called again after half a session.
*MaxConnLifetime*: the pool dials with a new token and replaces connections after eleven twelfths of a session. *native IAM*: GLIDE's IamAuthConfig, which
signs a token for each new connection and authenticates none again; its refresh interval is half a session. A session of seconds leaves these less room than one of
12 hours: what they lose each time a session ends is what to compare, not how often.

`

const columns = "commands | errors | lost | doubled | connections | renewals | cuts | closed early"

func rule(first int) string {
	return strings.Repeat("|---", first) + strings.Repeat("|---:", strings.Count(columns, "|")+1) + "|"
}

// summary adds up what belongs to one client and mechanism. Readers blocked for longer than a session have a line of their own.
func summary(w io.Writer, results []result) {
	type group struct{ client, mechanism, load string }
	var order []group
	sums := map[group]*result{}
	for _, r := range results {
		g := group{r.driver.name, r.mechanism, "all that end within a session"}
		if r.workload.outlasts {
			g.load = r.workload.name
		}
		if sums[g] == nil {
			sums[g] = &result{}
			order = append(order, g)
		}
		sums[g].add(r)
	}
	slices.SortStableFunc(order, func(a, b group) int { return strings.Compare(a.load, b.load) })
	fmt.Fprintf(w, "| client | kept by | workloads | %s |\n%s\n", columns, rule(3))
	for _, g := range order {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", g.client, g.mechanism, g.load, sums[g].numbers())
	}
	fmt.Fprintln(w)
}

func (r *result) add(o result) {
	r.Commands += o.Commands
	r.Errors += o.Errors
	r.Lost += o.Lost
	r.Doubled += o.Doubled
	r.Connections += o.Connections
	r.Renewals += o.Renewals
	r.Cuts += o.Cuts
	r.Closed += o.Closed
}

func (r *result) numbers() string {
	return fmt.Sprintf("%d | %d | %d | %d | %d | %d | %d | %d",
		r.Commands, r.Errors, r.Lost, r.Doubled, r.Connections, r.Renewals, r.Cuts, r.Closed)
}

func table(w io.Writer, results []result, belongs func(result) bool) {
	fmt.Fprintf(w, "| client | kept by | topology | RESP | workload | %s | first error |\n%s---|\n", columns, rule(5))
	for _, r := range results {
		if belongs(r) {
			fmt.Fprintf(w, "| %s | %s | %s | %d | %s | %s | %s |\n",
				r.driver.name, r.mechanism, r.topology(), r.protocol, r.workload.name, r.numbers(), brief(r.First))
		}
	}
}

var ports = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

// brief is an error as it fits into a table. What differs from run to run, such as ports, is left out.
func brief(err error) string {
	if err == nil {
		return ""
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = ports.ReplaceAllString(text, "127.0.0.1")
	if len(text) > 100 {
		text = text[:100] + "…"
	}
	return strings.ReplaceAll(text, "|", "/")
}
