package emulator

// CheckAndHint shows what an event of that reason would carry.
func CheckAndHint(r Reason) (int, string) { return check(r), hintFor(r) }

// Decide asks policies without circumstances.
func Decide(policies []Policy, action, resource string) bool {
	return decide(policies, request{action: action, resource: resource}).allowed
}

// IsWriting reports whether replicas of the embedded engine refuse the command.
func IsWriting(name string) bool { return isWriting(name) }
