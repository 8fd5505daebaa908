wsclose 1
role client
# Like own-close-is-no-answer-to-a-reason, but the endpoint first refuses a request to close with 1005.
> close 1000 hex:80 claim=4
app close 1005
app close 1000
> continuation
