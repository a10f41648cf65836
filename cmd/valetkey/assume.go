package main

import (
	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey/emulator"
)

// assumptionFlags are what AWS does not document, one flag each.
type assumptionFlags struct {
	lenientResourceType, dropAuthErrors bool
	authInMulti, sameToken, cutReply    string
}

func (f *assumptionFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.lenientResourceType, "lenient-resource-type", false, "accept tokens without ResourceType for a serverless cache")
	flags.StringVar(&f.authInMulti, "auth-in-multi", string(emulator.RefuseInMulti), "refuse or queue AUTH inside MULTI (not documented by AWS)")
	flags.StringVar(&f.sameToken, "same-token", string(emulator.ExtendWithSameToken), "extend, ignore or refuse: what AUTH with a connection's last token does to its session (not documented by AWS)")
	flags.StringVar(&f.cutReply, "cut-reply", string(emulator.NoCutReply), "none or error: what a client hears at the end of its session (not documented by AWS)")
	flags.BoolVar(&f.dropAuthErrors, "drop-auth-errors", false, "forget to answer a refused AUTH behind other commands, as engines before Valkey 8.1.3 do")
}

func (f *assumptionFlags) set(c *emulator.Config) {
	c.LenientResourceType = f.lenientResourceType
	c.Assumptions = emulator.Assumptions{
		AuthInMulti: emulator.AuthInMulti(f.authInMulti), SameToken: emulator.SameToken(f.sameToken),
		CutReply: emulator.CutReply(f.cutReply), DropAuthErrors: f.dropAuthErrors,
	}
}
