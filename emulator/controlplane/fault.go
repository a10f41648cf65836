package controlplane

import (
	"fmt"
	"net/http"
)

// A fault is an error that the client is told. A service has two names for some of them, one for each protocol, and JSON answers
// all of the client's mistakes with the same status.
type fault struct {
	query, json string // codes
	status      int    // in the query protocol
	message     string
}

// Error is for the log alone.
func (f *fault) Error() string { return f.query + ": " + f.message }

// plain is a fault with one name in both protocols.
func plain(code string, status int, format string, args ...any) *fault {
	return &fault{code, code, status, fmt.Sprintf(format, args...)}
}

// The faults of a signature, as users of AWS have reported them; 403 and the texts are the same for all services.

func missingAuthentication() *fault {
	return &fault{"MissingAuthenticationToken", "MissingAuthenticationTokenException", http.StatusForbidden,
		"Request is missing Authentication Token"}
}

func incompleteSignature(format string, args ...any) *fault {
	return &fault{"IncompleteSignature", "IncompleteSignatureException", http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func invalidToken() *fault {
	return &fault{"InvalidClientTokenId", "UnrecognizedClientException", http.StatusForbidden,
		"The security token included in the request is invalid."}
}

func expiredToken() *fault {
	return &fault{"ExpiredToken", "ExpiredTokenException", http.StatusForbidden,
		"The security token included in the request is expired"}
}

func badSignature(format string, args ...any) *fault {
	return &fault{"SignatureDoesNotMatch", "InvalidSignatureException", http.StatusForbidden, fmt.Sprintf(format, args...)}
}

// accessDenied tells an explicit deny from the lack of an allow, as AWS does (reported).
func accessDenied(caller, action, resource string, explicit bool) *fault {
	why := "because no identity-based policy allows the " + action + " action"
	if explicit {
		why = "with an explicit deny in an identity-based policy"
	}
	return &fault{"AccessDenied", "AccessDeniedException", http.StatusForbidden,
		fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", caller, action, resource, why)}
}

func unknownAction(action, version string) *fault {
	return &fault{"InvalidAction", "UnknownOperationException", http.StatusBadRequest,
		fmt.Sprintf("Could not find operation %s for version %s", action, version)}
}

func invalidParameter(format string, args ...any) *fault {
	return &fault{"InvalidParameterValue", "InvalidParameterValueException", http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(code, what, name string) *fault {
	return plain(code, http.StatusNotFound, "%s %s not found.", what, name)
}
