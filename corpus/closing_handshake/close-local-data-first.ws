wsclose 1
role server
# The peer still sends messages before it answers.
app close 1000
> text "one"
> binary hex:00ff
> ping "p"
> close 1000
> fin
