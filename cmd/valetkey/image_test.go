package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/valetkey/valetkey/internal/needs"
)

// imageDir holds the recipe and the compose file. No container engine is needed here: what they say is held against what there is,
// and the entry point is run outside of a container.
const imageDir = "deploy/emulator"

// A composeFile is as much of a compose file as is held against something.
type composeFile struct {
	Services map[string]struct {
		Build               struct{ Context, Dockerfile, Target string }
		Command, Entrypoint []string
		Environment         map[string]string
		Volumes             []string
		DependsOn           map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

func readCompose(t *testing.T) (c composeFile) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, imageDir, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// A recipe is a stage of the Containerfile: its instructions by their name, each in the order in which they stand.
type recipe map[string][]string

// readRecipe takes a Containerfile apart into its stages.
func readRecipe(t *testing.T) map[string]recipe {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, imageDir, "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]recipe{}
	var stage recipe
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if instruction == "" || instruction == "#" {
			continue
		}
		if instruction == "FROM" {
			_, name, named := strings.Cut(rest, " AS ")
			if !named {
				t.Fatalf("%s has no name", line)
			}
			stage = recipe{}
			stages[name] = stage
		}
		stage[instruction] = append(stage[instruction], strings.TrimSpace(rest))
	}
	return stages
}

// words are the arguments of an instruction in its JSON form.
func (r recipe) words(t *testing.T, instruction string) (words []string) {
	t.Helper()
	all := r[instruction]
	if len(all) != 1 {
		t.Fatalf("%s stands %d times", instruction, len(all))
	}
	if err := json.Unmarshal([]byte(all[0][strings.Index(all[0], "["):]), &words); err != nil {
		t.Fatalf("%s: %v", instruction, err)
	}
	return words
}

// environment is what ENV sets.
func (r recipe) environment() (env []string) {
	for _, line := range r["ENV"] {
		env = append(env, strings.Fields(line)...)
	}
	return env
}

// TestImageBuildsWhatThereIs finds what the recipe builds and copies, and the engine's image in its first line.
func TestImageBuildsWhatThereIs(t *testing.T) {
	stages := readRecipe(t)
	built := map[string]bool{}
	for _, run := range stages["build"]["RUN"] {
		for command := range strings.SplitSeq(run, "&&") {
			words := strings.Fields(command)
			out := slices.Index(words, "-o")
			dir := words[len(words)-1]
			if out < 0 || !strings.HasPrefix(dir, "./") {
				t.Fatalf("%q builds nothing", command)
			}
			built[words[out+1]] = true
			if found, err := filepath.Glob(filepath.Join(repository, dir, "main.go")); err != nil || len(found) != 1 {
				t.Errorf("%s is no program", dir)
			}
		}
	}
	for name, stage := range stages {
		for _, copied := range stage["COPY"] {
			words := strings.Fields(copied)
			if words[0] == "--from=build" && !built[words[1]] {
				t.Errorf("%s copies %s, which is not built", name, words[1])
			}
		}
	}
	program := stages["emulator"].words(t, "ENTRYPOINT")[0]
	if !strings.Contains(strings.Join(stages["emulator"]["COPY"], "\n"), path.Join("/usr/local/bin", program)) {
		t.Errorf("%s is not in the image", program)
	}
	if image := stages["emulator"]["FROM"][0]; !strings.Contains(image, "/valkey/valkey:") {
		t.Errorf("no valkey-server comes with %s", image)
	}
}

// TestComposeSaysWhatTheProgramKnows holds each flag, variable, stage and volume of the compose file against what there is.
func TestComposeSaysWhatTheProgramKnows(t *testing.T) {
	c, stages := readCompose(t), readRecipe(t)
	for name, service := range c.Services {
		dir := filepath.Join(repository, imageDir, service.Build.Context)
		if _, err := os.Stat(filepath.Join(dir, service.Build.Dockerfile)); err != nil || stages[service.Build.Target] == nil {
			t.Errorf("%s is built from %+v: %v", name, service.Build, err)
		}
		for _, volume := range service.Volumes {
			if source, _, _ := strings.Cut(volume, ":"); !strings.HasPrefix(source, ".") {
				if _, known := c.Volumes[source]; !known {
					t.Errorf("%s: no volume %s", name, source)
				}
			}
		}
		for on := range service.DependsOn {
			if stages[c.Services[on].Build.Target]["HEALTHCHECK"] == nil {
				t.Errorf("%s waits for the health of %s, which has no check", name, on)
			}
		}
	}
	env := stages["emulator"].environment()
	for key, value := range c.Services["emulator"].Environment {
		env = append(env, key+"="+value)
	}
	parseEmulator(t, c.Services["emulator"].Command, env)
	check := stages["emulator"].words(t, "HEALTHCHECK")
	parseCommand(t, check[1:], env)
	if _, known := c.Services["emulator"].Environment["VALETKEY_HOST"]; !known || c.Services["emulator"].Environment["VALETKEY_HOST"] != "emulator" {
		t.Error("the emulator is not told the name by which others reach it")
	}
}

func parseEmulator(t *testing.T, args, env []string) {
	t.Helper()
	parseCommand(t, append([]string{"emulator"}, args...), env)
}

// parseCommand has the program read its flags and variables, and do nothing.
func parseCommand(t *testing.T, args, env []string) {
	t.Helper()
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, env: environment(env)}
	root := a.rootCommand()
	eachCommand(root, func(c *cobra.Command) { c.RunE = func(*cobra.Command, []string) error { return nil } })
	root.SetArgs(args)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Errorf("valetkey %s: %v", strings.Join(args, " "), err)
	}
}

// TestImageRuns runs the entry point with the image's variables and the compose file's arguments outside of a container, waits for
// the health check, and runs the application. Only the names of hosts and the paths are this machine's.
func TestImageRuns(t *testing.T) {
	needs.Server(t)
	stage, service, dir := readRecipe(t)["emulator"], readCompose(t).Services["emulator"], t.TempDir()
	here := strings.NewReplacer("0.0.0.0:6379", "127.0.0.1:0", "127.0.0.1:6390", "127.0.0.1:0", "/emulator", dir)
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir()}
	for _, kv := range stage.environment() {
		env = append(env, here.Replace(kv))
	}
	for key, value := range service.Environment {
		if key != "VALETKEY_HOST" { // which only means something where there is a network of containers
			env = append(env, key+"="+value)
		}
	}
	entry := append(stage.words(t, "ENTRYPOINT"), service.Command...)
	program := start(t, entry, env)
	ready := awaitReady(t, filepath.Join(dir, "ready.json"))
	if len(ready.Endpoints) != 7 || len(ready.Nodes) != 6 || !strings.HasPrefix(ready.Engine, "valkey-server ") {
		t.Errorf("it offers %+v", ready)
	}
	check := command(t, stage.words(t, "HEALTHCHECK"), append(env, "VALETKEY_ADMIN="+strings.TrimPrefix(ready.Admin, "http://")))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the health check fails: %v\n%s", err, out)
	}
	runApplication(t, ready, env)
	if err := program.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// runApplication runs the compose file's application against the emulator, for a shorter while.
func runApplication(t *testing.T, ready readiness, env []string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "goredis")
	if out, err := exec.Command("go", "build", "-o", program, repository+"/examples/goredis").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	at := fmt.Sprintf("%s:%d", ready.Endpoints[0].Host, ready.Endpoints[0].Port)
	here := strings.NewReplacer("emulator:6379", at, "/emulator/ca.pem", ready.CAFile, "15s", "3s", "5s", ready.SessionLimit)
	words := []string{program}
	for _, word := range readCompose(t).Services["app"].Command {
		words = append(words, here.Replace(word))
	}
	out, err := command(t, words, env).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "rounds") {
		t.Errorf("the application ends with %v:\n%s", err, out)
	}
}

// command is a program of the image, which is this test's own where it is valetkey.
func command(t *testing.T, words, env []string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(words[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, words[1:]...)
	cmd.Env = env
	return cmd
}

func start(t *testing.T, words, env []string) *exec.Cmd {
	t.Helper()
	cmd := command(t, words, env)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// awaitReady waits for the ready file, which appears whole.
func awaitReady(t *testing.T, file string) (r readiness) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(file)
		if err == nil {
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no ready file: %v", err)
		}
	}
}
