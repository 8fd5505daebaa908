wsclose 1
role client
# As own-close-is-no-answer-to-a-reason, but the application asks for something else first, which is refused.
> close 1000 hex:80 claim=4
app close 1005
app close 1000
> continuation
