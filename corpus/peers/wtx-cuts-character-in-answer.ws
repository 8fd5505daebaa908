wsclose 1
role server
# wtx cuts the reason of an over-long Close for its answer, in the middle of a character.
> close 1000 "é" * 62
