// Package topology finds where the nodes of a cluster are named in what a server says, and puts other addresses there: in the replies
// to CLUSTER SLOTS, SHARDS, NODES and REPLICAS, in RESP2 and RESP3, and in the errors that send a client to another node.
//
// Everything else about a reply stays as it is, to the byte. What does not have the form that servers are known to give it is left alone.
package topology
