# Echo server on Mojolicious.
# Closing behavior of the program: on the text close:CODE:REASON it calls finish(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
use Mojo::Base -strict, -signatures;
use Mojo::Server::Daemon;
use Mojolicious::Lite;

app->log->level('fatal');

websocket '/' => sub ($c) {
  $c->on(text => sub ($c, $octets) {
    return $c->send({text => $octets}) unless $octets =~ /^close:([^:]*):?(.*)\z/s;
    my ($code, $reason) = ($1, $2);
    utf8::decode($reason);  # `decode` of Mojo::Util rejects noncharacters, which are valid UTF-8.
    eval { $code eq '' ? $c->finish : $c->finish($code, $reason) };
  });
  $c->on(binary => sub ($c, $octets) { $c->send({binary => $octets}) });
};

my $daemon = Mojo::Server::Daemon->new(app => app, listen => ["http://127.0.0.1:$ARGV[0]"], silent => 1);
$daemon->start;
STDOUT->autoflush(1);
say 'listening';
$SIG{TERM} = 'DEFAULT';
Mojo::IOLoop->start;
