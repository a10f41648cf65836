package controlplane

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An evaluation is the result for one action and one resource.
type evaluation struct {
	EvalActionName          string
	EvalResourceName        string
	EvalDecision            string
	MatchedStatements       list[matched]
	MissingContextValues    list[string]
	ResourceSpecificResults *list[resourceEvaluation]
}

// A resourceEvaluation says it again for a resource that was named, as AWS does.
type resourceEvaluation struct {
	EvalResourceName     string
	EvalResourceDecision string
	MatchedStatements    list[matched]
	MissingContextValues list[string]
}

type matched struct {
	SourcePolicyID   string `xml:"SourcePolicyId"`
	SourcePolicyType string
}

// simulatePrincipalPolicy asks the policies of an IAM user or role, and of PolicyInputList, for each action and resource. Source:
// its API reference. What would change the answer and is not played is refused, and not passed over.
func simulatePrincipalPolicy(c *call) (any, *fault) {
	source := c.params.get("PolicySourceArn")
	if err := c.allow(source); err != nil {
		return nil, err
	}
	if err := c.checkSimulation(source); err != nil {
		return nil, err
	}
	context, err := c.params.context()
	if err != nil {
		return nil, err
	}
	resources := c.params.list("ResourceArns")
	var all []evaluation
	for _, action := range c.params.list("ActionNames") {
		for _, resource := range orEvery(resources) {
			e, err := c.evaluate(Question{source, c.params.list("PolicyInputList"), action, resource, context}, len(resources) > 0)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	some, next, err := page(c, byItems(), all)
	return struct {
		IsTruncated       bool
		Marker            string `xml:",omitempty"`
		EvaluationResults list[evaluation]
	}{next != "", next, list[evaluation]{items: some}}, err
}

// orEvery is "*" for a simulation without resources (documented).
func orEvery(resources []string) []string {
	if len(resources) == 0 {
		return []string{"*"}
	}
	return resources
}

func invalidInput(format string, args ...any) *fault {
	return plain("InvalidInput", http.StatusBadRequest, format, args...)
}

// checkSimulation refuses what cannot be simulated.
func (c *call) checkSimulation(source string) *fault {
	if source == "" || !c.params.has("ActionNames") {
		return plain("ValidationError", http.StatusBadRequest, "PolicySourceArn and ActionNames must be there.")
	}
	kind := ""
	for _, k := range []string{"user", "role", "group"} {
		if strings.Contains(source, ":iam:") && strings.Contains(source, ":"+k+"/") {
			kind = k
		}
	}
	switch {
	case kind == "": // reported, for an account's root and for the session of a role
		return invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", source)
	case !c.Principal(source):
		return plain("NoSuchEntity", http.StatusNotFound, "The %s with name %s cannot be found.", kind, lastOf(source))
	}
	for _, name := range []string{"PermissionsBoundaryPolicyInputList", "ResourcePolicy", "ResourceOwner", "CallerArn", "ResourceHandlingOption"} {
		if c.params.has(name) {
			return invalidInput("%s is not played by the emulator.", name)
		}
	}
	for _, resource := range c.params.list("ResourceArns") {
		if resource != "*" && !strings.HasPrefix(resource, "arn:") {
			return invalidInput("ResourceNames are not in a valid ARN format: %s.", resource)
		}
	}
	for _, action := range c.params.list("ActionNames") {
		if service, name, _ := strings.Cut(action, ":"); service == "" || name == "" {
			return invalidInput("Invalid Action Name: %s.", action)
		}
	}
	return nil
}

// context are the context entries, which have one value each here.
func (p params) context() (map[string]string, *fault) {
	context := map[string]string{}
	for i := 1; p.has("ContextEntries.member." + strconv.Itoa(i)); i++ {
		at := "ContextEntries.member." + strconv.Itoa(i)
		name, values := p.get(at+".ContextKeyName"), p.list(at+".ContextKeyValues")
		if name == "" || len(values) != 1 {
			return nil, invalidInput("Context key %q: the emulator plays keys with one value each.", name)
		}
		context[strings.ToLower(name)] = values[0]
	}
	return context, nil
}

func (c *call) evaluate(q Question, named bool) (evaluation, *fault) {
	d, err := c.Decide(q)
	if err != nil {
		return evaluation{}, invalidInput("%s", err)
	}
	e := evaluation{EvalActionName: q.Action, EvalResourceName: q.Resource, EvalDecision: d.String()}
	for _, s := range d.Statements {
		e.MatchedStatements.items = append(e.MatchedStatements.items, matched{s, "IAM Policy"})
	}
	missing := list[string]{items: slices.Clone(d.Missing)}
	if !named { // documented: beside named resources the missing keys are with the results for each
		e.MissingContextValues = missing
		return e, nil
	}
	e.ResourceSpecificResults = &list[resourceEvaluation]{items: []resourceEvaluation{
		{q.Resource, e.EvalDecision, e.MatchedStatements, missing}}}
	return e, nil
}

// String is the decision as IAM has it.
func (d Decision) String() string {
	switch {
	case d.Denied:
		return "explicitDeny"
	case d.Allowed:
		return "allowed"
	}
	return "implicitDeny"
}
