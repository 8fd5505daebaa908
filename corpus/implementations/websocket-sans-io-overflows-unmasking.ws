wsclose 1
role server
# One octet of a masked payload, then 255: websocket-sans-io adds them in eight bits and panics.
app close 1000
> text "ab" * 128 cut=9
> close 3333
> fin
again whole
