# Echo server on Mojolicious.
# Closing behavior of the program: on the text close:CODE:REASON it calls finish(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
use Mojo::Base -strict, -signatures;
use Mojo::Server::Daemon;
use Mojolicious::Lite;
use Mojo::Util qw(decode);

app->log->level('fatal');

websocket '/' => sub ($c) {
  $c->on(text => sub ($c, $octets) {
    return $c->send({text => $octets}) unless $octets =~ /^close:([^:]*):?(.*)\z/s;
    my ($code, $reason) = ($1, decode('UTF-8', $2) // '');
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
