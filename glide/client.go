package glide

import "context"

// A Client is what [Keep] needs of a GLIDE client. *Client and *ClusterClient of github.com/valkey-io/valkey-glide/go/v2 are Clients.
type Client interface {
	// UpdateConnectionPassword stores the password for reconnections and, if immediateAuth is set, sends AUTH on the live connections too.
	UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) (string, error)
	// Ping asks the server for a sign of life.
	Ping(ctx context.Context) (string, error)
}
