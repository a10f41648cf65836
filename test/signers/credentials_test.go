package signers

import (
	"os"
	"strings"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// credentials are an access key that the emulated caches know.
type credentials struct {
	name string
	verify.Key
}

// eachCredentials are a long-term key and a temporary one, whose session token has every character that has to be escaped.
func eachCredentials() []credentials {
	return []credentials{
		{"long-term", verify.Key{ID: emulator.ExampleAccessKeyID, Secret: emulator.ExampleSecretAccessKey}},
		{"session", verify.Key{ID: "ASIAIOSFODNN7EXAMPLE", Secret: "example/Secret+Of/A+Session/Of/STS/EXAMPLE", SessionToken: sessionToken}},
	}
}

// sessionToken is as long as those of STS are.
var sessionToken = strings.Repeat("FwoGZXIvYXdzE/EXAMPLE+session+token/", 20) + "=="

// environment is this process's without its AWS settings, and the credentials.
func (c credentials) environment() []string {
	env := []string{"AWS_ACCESS_KEY_ID=" + c.ID, "AWS_SECRET_ACCESS_KEY=" + c.Secret, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}
	if c.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return env
}
