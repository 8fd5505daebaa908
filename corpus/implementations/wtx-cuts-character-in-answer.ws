wsclose 1
role server
# wtx truncates the reason of an over-long Close for its reply, in the middle of a character.
> close 1000 "é" * 62
