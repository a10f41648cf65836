package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey/verify"
)

// keyFlags are the access key that the emulator accepts.
type keyFlags struct{ accessKeyID, secretAccessKey, sessionToken string }

func (k *keyFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&k.accessKeyID, "access-key-id", "", "access key to accept (default: AWS's variables, else a new key)")
	flags.StringVar(&k.secretAccessKey, "secret-access-key", "", "its secret; better given in VALETKEY_SECRET_ACCESS_KEY, which ps does not show")
	flags.StringVar(&k.sessionToken, "session-token", "", "its session token, if it is a temporary key")
}

// An accessKey is one that the emulator accepts. A generated one is nobody's secret but this server's.
type accessKey struct {
	verify.Key
	generated bool
}

// key takes the flags and their variables first, then AWS's, and makes a key if there is none.
func (k *keyFlags) key(cmd *cobra.Command, a *app) (accessKey, error) {
	if cmd.Flags().Changed("secret-access-key") {
		fmt.Fprintln(a.stderr, "warning: other users of this machine can see --secret-access-key; set VALETKEY_SECRET_ACCESS_KEY instead")
	}
	id, secret, session := k.accessKeyID, k.secretAccessKey, k.sessionToken
	if id == "" && secret == "" {
		id, session = a.env.get("AWS_ACCESS_KEY_ID"), a.env.get("AWS_SESSION_TOKEN")
	}
	if secret == "" {
		secret = a.env.get("AWS_SECRET_ACCESS_KEY")
	}
	switch {
	case id == "" && secret == "":
		return generateKey(), nil
	case id == "":
		return accessKey{}, usage(cmd, "a secret access key without its id: add --access-key-id")
	case secret == "":
		return accessKey{}, usage(cmd, "an access key id without its secret: set VALETKEY_SECRET_ACCESS_KEY")
	}
	return accessKey{Key: verify.Key{ID: id, Secret: secret, SessionToken: session}}, nil
}

// generateKey makes a key of the form of AWS's long-term keys.
func generateKey() accessKey {
	return accessKey{verify.Key{ID: "AKIA" + rand.Text()[:16], Secret: (rand.Text() + rand.Text())[:40]}, true}
}

// writeCredentials writes what a shell must source to sign for this emulator. A key that was given stays
// where the user keeps it.
func (o *emulatorOptions) writeCredentials(key accessKey) (string, error) {
	vars := [][2]string{
		{"VALETKEY_SERVICE", o.service}, {"VALETKEY_NAME", o.name}, {"VALETKEY_USER", o.user},
		{"VALETKEY_REGION", o.region}, {"VALETKEY_SERVERLESS", strconv.FormatBool(o.serverless)},
	}
	var b strings.Builder
	b.WriteString("# For the shell that signs tokens for this emulator: . ./credentials.env\n")
	if key.generated {
		b.WriteString("unset AWS_SESSION_TOKEN\n")
		vars = append(vars, [2]string{"AWS_ACCESS_KEY_ID", key.ID}, [2]string{"AWS_SECRET_ACCESS_KEY", key.Secret})
	}
	for _, v := range vars {
		fmt.Fprintf(&b, "export %s=%s\n", v[0], shellQuote(v[1]))
	}
	file := filepath.Join(o.tlsDir, "credentials.env")
	return file, replaceFile(file, b.String())
}

// replaceFile never leaves half a file, nor an older one's wider mode.
func replaceFile(name, content string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".credentials-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
