package emulator

// CheckAndHint shows what an event of that reason would carry.
func CheckAndHint(r Reason) (int, string) { return check(r), hintFor(r) }
