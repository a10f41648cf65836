#!/usr/bin/env perl
# Perl's Redis. The one that subscribes and the one that blocks are processes, and what they have received comes through pipes.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(uniq);
use Redis;
use Time::HiRes qw(sleep time);

my $script = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
my ($commands, $errors, $first) = (0, 0, '');
my %sent = (pubsub => 0, list => 0);
$SIG{ALRM} = sub { die "it has no end\n" };

sub key { return $ENV{PREFIX} . shift }

sub given { return $ENV{$_[0]} || undef }

sub connect_ {
	my %login;
	$login{username} = given('USERNAME') if given('USERNAME');
	$login{password} = given('PASSWORD') if given('PASSWORD');
	return Redis->new(server => "$ENV{HOST}:$ENV{PORT}", encoding => undef, %login);
}

sub failed {
	my $what = shift;
	$errors++;
	$first ||= substr $what, 0, 400;
	return;
}

sub check {
	my ($what, $got, $want) = @_;
	$commands++;
	my ($g, $w) = map { ref $_ ? join(' ', map { $_ // 'undef' } @$_) : $_ // 'undef' } $got, $want;
	failed("$what: got " . substr($g, 0, 200) . ', want ' . substr($w, 0, 200)) if $g ne $w;
	return;
}

# Runs an activity in a process, and returns the pipe that its result comes through.
sub start {
	my $activity = shift;
	my $pid = open(my $pipe, '-|') // die "fork: $!";
	return $pipe if $pid;
	alarm $ENV{DURATION} + 20;
	my @received = eval { $activity->() };
	print encode_json($@ ? { error => "$@" } : { received => \@received }), "\n";
	exit 0;
}

sub subscriber {
	my $redis = connect_();
	my ($end, @received) = (0);
	$redis->subscribe(key('channel'), sub {
		my $message = shift;
		$end = 1 if $message eq 'end';
		push @received, 0 + $message if $message =~ /^\d+$/;
	});
	$redis->wait_for_messages(1) until $end;
	return @received;
}

sub consumer {
	my $redis = connect_();
	my @received;
	while (1) {
		my ($from, $n) = $redis->blpop(key('list'), 1);
		next unless defined $from;
		die "BLPOP answered $from\n" if $from ne key('list');
		return @received if $n eq 'end';
		push @received, 0 + $n;
	}
}

sub commands_of_round {
	my ($redis, $n, $sha) = @_;
	check('SET', $redis->set(key('string'), "value $n"), 'OK');
	check('GET', $redis->get(key('string')), "value $n");
	check('INCR', $redis->incr(key('counter')), $n);
	my @pipelined;
	$redis->incr(key('pipeline'), sub { push @pipelined, $_[0] // $_[1] }) for 1 .. 10;
	$redis->wait_all_responses;
	check('pipeline', \@pipelined, [10 * $n - 9 .. 10 * $n]);
	$redis->multi;
	check('INCR in MULTI', $redis->incr(key('multi')), 'QUEUED');
	check('SET in MULTI', $redis->set(key('copy'), $n), 'QUEUED');
	check('GET in MULTI', $redis->get(key('copy')), 'QUEUED');
	check('EXEC', [$redis->exec], [$n, 'OK', $n]);
	check('EVALSHA', [$redis->evalsha($sha, 1, key('lua'), $n)], [key('lua'), $n, $n]);
	return;
}

sub scan {
	my $redis = shift;
	my ($cursor, @found) = (0);
	do {
		($cursor, my $keys) = $redis->scan($cursor, MATCH => key('scan:*'), COUNT => 10);
		push @found, @$keys;
	} while ($cursor);
	return [sort(uniq(@found))];
}

sub run {
	my $redis = connect_();
	my @keys = sort map { key("scan:$_") } 0 .. 24;
	check('SET', $redis->set($_, 'x'), 'OK') for @keys;
	my $sha = $redis->script_load($script);
	sleep 0.01 until $redis->publish(key('channel'), 'ready');
	my $n = 0;
	for (my $end = time + $ENV{DURATION}; time < $end; sleep 0.02) {
		commands_of_round($redis, ++$n, $sha);
		check('PUBLISH', $redis->publish(key('channel'), $sent{pubsub}++), 1);
		check('RPUSH', $redis->rpush(key('list'), $sent{list}++) >= 1, 1) if $n % 2 == 0 && $n % 100 < 60;
		next if $n % 10 != 1;
		check('SCAN', scan($redis), \@keys);
		my $big = "value $n," x ((1 << 20) / 8 + $n);
		check('SET big', $redis->set(key('big'), $big), 'OK');
		check('GET big', $redis->get(key('big')) eq $big, 1);
	}
	$redis->publish(key('channel'), 'end');
	$redis->rpush(key('list'), 'end');
	$redis->quit;
	return $n;
}

my %children = (pubsub => start(\&subscriber), list => start(\&consumer));
my $rounds = eval { run() } // 0;
failed($@) if $@;
my ($lost, $doubled) = (0, 0);
for my $kind (keys %children) {
	my $result = decode_json(readline($children{$kind}) // '{"error":"no result"}');
	failed("$kind: $result->{error}") if $result->{error};
	my @received = @{ $result->{received} // [] };
	$lost += $sent{$kind} - uniq(@received);
	$doubled += @received - uniq(@received);
	failed("$kind: out of order") if "@received" ne join ' ', sort { $a <=> $b } @received;
}
print encode_json({
	client => "Perl's Redis", version => "$Redis::VERSION", commands => $commands, rounds => 0 + $rounds, messages => $sent{pubsub} + $sent{list},
	errors => $errors, lost => $lost, doubled => $doubled, first => $first,
}), "\n";
