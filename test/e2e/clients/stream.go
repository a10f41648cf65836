package main

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9/auth"
)

// A stream is a streaming credentials provider of go-redis as its documentation asks for it: it hands every connection a new token
// twice in a session.
type stream struct {
	link
	stop func()

	mu        sync.Mutex
	listeners map[auth.CredentialsListener]bool
}

func newStream(l link) *stream {
	ctx, stop := context.WithCancel(context.Background())
	s := &stream{link: l, stop: stop, listeners: map[auth.CredentialsListener]bool{}}
	go func() {
		for pause(ctx, l.session/2); ctx.Err() == nil; pause(ctx, l.session/2) {
			s.push(ctx)
		}
	}()
	return s
}

// Subscribe is idempotent, and its end may be called more than once.
func (s *stream) Subscribe(l auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	user, password, err := s.password(context.Background())
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[l] = true
	return auth.NewBasicCredentials(user, password), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, l)
		return nil
	}, nil
}

func (s *stream) push(ctx context.Context) {
	user, password, err := s.password(ctx)
	s.mu.Lock()
	listeners := make([]auth.CredentialsListener, 0, len(s.listeners))
	for l := range s.listeners {
		listeners = append(listeners, l)
	}
	s.mu.Unlock()
	for _, l := range listeners {
		if err != nil {
			l.OnError(err)
			continue
		}
		l.OnNext(auth.NewBasicCredentials(user, password))
	}
}
