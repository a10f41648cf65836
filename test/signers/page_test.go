package signers

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A pin is where the version of something is written down.
type pin struct{ file, pattern string }

// rows are the table's, in its order: what signs, where its version is pinned, and the name of the signer or of GLIDE's language here.
func rows() []struct {
	title string
	pin
	name string
} {
	const dependency = `<artifactId>%s</artifactId>\s*<version>(.*)</version>`
	return []struct {
		title string
		pin
		name string
	}{
		{"botocore", pin{"python/requirements.txt", `(?m)^botocore==(.*)$`}, "botocore"},
		{"AWS SDK for Java 1, `AWS4Signer.presignRequest`", pin{"java/pom.xml", fmt.Sprintf(dependency, "aws-java-sdk-core")}, "java-v1"},
		{"AWS SDK for Java 2, `Aws4Signer.presign`", pin{"java/pom.xml", fmt.Sprintf(dependency, "auth")}, "java-v2-Aws4Signer"},
		{"AWS SDK for Java 2, `AwsV4HttpSigner.sign`", pin{"java/pom.xml", fmt.Sprintf(dependency, "http-auth-aws")}, "java-v2-AwsV4HttpSigner"},
		{"AWS SDK for JavaScript 3, `@smithy/signature-v4`", pin{"node/package.json", `"@smithy/signature-v4": "(.*)"`}, "javascript-v3"},
		{"AWS SDK for Go 2, `v4.Signer.PresignHTTP`", pin{"go.mod", `aws-sdk-go-v2 v(.*)`}, "go-v2"},
		{"AWS SDK for Rust, `aws-sigv4`", pin{"rust/Cargo.toml", `aws-sigv4 = { version = "=([^"]*)"`}, "rust"},
		{"Valkey GLIDE for Go, `IamAuthConfig`", pin{"go.mod", `valkey-glide/go/v2 v(.*)`}, "go"},
		{"Valkey GLIDE for Python, `IamAuthConfig`", pin{"python/requirements.txt", `(?m)^valkey-glide==(.*)$`}, "python"},
		{"Valkey GLIDE for Node, `iamConfig`", pin{"node/package.json", `"@valkey/valkey-glide": "(.*)"`}, "node"},
		{"Valkey GLIDE for Java, `IamAuthConfig`", pin{"java/pom.xml", fmt.Sprintf(dependency, "valkey-glide")}, "java"},
	}
}

func (p pin) version(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(p.pattern).FindStringSubmatch(string(content))
	if m == nil {
		t.Fatalf("%s pins nothing like %s", p.file, p.pattern)
	}
	return m[1]
}

// The page has a row for everything that is tested here and none else, with the versions that are installed and what the tests ask for.
func TestPage(t *testing.T) {
	tested := map[string]bool{}
	for _, f := range families() {
		for _, signer := range f.signers {
			tested[signer] = true
		}
	}
	languages := natives()
	var table strings.Builder
	for _, r := range rows() {
		accepted := "accepted"
		if languages[r.name] != nil {
			accepted = "**refused**"
		} else if !tested[r.name] {
			t.Errorf("the page has a row for %s, which no test has", r.name)
		}
		fmt.Fprintf(&table, "| %s | %s | accepted | %s | accepted |\n", r.title, r.version(t), accepted)
	}
	if n := len(tested) + len(languages); n != len(rows()) {
		t.Errorf("the page has %d rows for %d signers", len(rows()), n)
	}
	page, err := os.ReadFile("../../docs/how-to/other-signers.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "|---|---|---|---|---|\n"+table.String()+"\n") {
		t.Errorf("the table of docs/how-to/other-signers.md should be:\n%s", table.String())
	}
}
