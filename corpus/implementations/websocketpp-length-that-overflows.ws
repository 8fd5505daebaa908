wsclose 1
role server
# WebSocket++ adds a continuation's length to the length so far; the sum overflows and passes the limit.
> binary "a" fin=0
> continuation "b" form=64 claim=18446744073709551615
wait 1
