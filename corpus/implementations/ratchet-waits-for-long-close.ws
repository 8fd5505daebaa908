wsclose 1
role server
# The peer announces a Close of more than 125 octets and sends only its code. ratchet waits for the rest.
> close 5001 claim=65535
wait 2
