wsclose 1
role server
# wslay rejects the valid beginning of an answer, because a segment cuts a character, and ends TCP.
app close 1001 "ours"
> close 1000 "퀀퀀퀀" claim=20 cut=9
wait 1
> fin
