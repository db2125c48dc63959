package main

import (
	"fmt"
	"os"
	"reflect"
)

// Where the server is, and what this run's users are called.
var (
	origin = os.Args[1]
	alice  = user{"alice-" + os.Args[2], "a quiet place to write"}
	bob    = user{"bob-" + os.Args[2], "somewhere else entirely"}
)

type user struct{ username, password string }

// done says that a step is done. The run is red when one was not said.
func done(step string) { fmt.Println("ok", step) }

func fail(what string, values ...any) {
	// The stack tells which line it was.
	panic(fmt.Sprintf(what, values...))
}

func same(actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		fail("%#v is not %#v", actual, expected)
	}
}

// have is what a call answers when it succeeds: a refusal ends the scenario here.
func have[T, R any](value T, reply R, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}
