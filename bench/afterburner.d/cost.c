// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cost COUNT LIST...: run the first command of every list, then the second of
 * every list, and so on, so that all lists meet the same weather; COUNT times.
 * A list has a command a line, its words parted by tabs; the first word is a
 * folder to run it in, "-" for any.  For each list one line is printed:
 *	COMMANDS USER+SYSTEM-SECONDS LARGEST-RESIDENT-KIB
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LISTS 8
#define MAX_WORDS 256

struct list {
	char **line;
	size_t n;
	unsigned long runs, failed;
	double seconds;
	long rss;
};

static void list_read(struct list *l, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		l->line = realloc(l->line, (l->n + 1) * sizeof(*l->line));
		l->line[l->n++] = strdup(line);
	}
	free(line);
	fclose(f);
}

static void child(const char *line) __attribute__((noreturn));
static void child(const char *line)
{
	char *copy = strdup(line), *word[MAX_WORDS + 1];
	int n = 0, null = open("/dev/null", O_RDWR);

	for (char *w = strtok(copy, "\t"); w && n < MAX_WORDS; w = strtok(NULL, "\t"))
		word[n++] = w;
	word[n] = NULL;
	if (n < 2 || (strcmp(word[0], "-") && chdir(word[0])))
		_exit(126);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	execvp(word[1], word + 1);
	_exit(127);
}

static void run(struct list *l, const char *line)
{
	struct rusage u;
	pid_t pid = fork();
	int status;

	if (!pid)
		child(line);
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0) {
		perror("fork");
		exit(1);
	}
	l->runs++;
	l->failed += status != 0;
	l->seconds += u.ru_utime.tv_sec + u.ru_stime.tv_sec +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	if (u.ru_maxrss > l->rss)
		l->rss = u.ru_maxrss;
}

int main(int argc, char **argv)
{
	struct list list[MAX_LISTS] = { 0 };
	int lists = argc - 2, count, status = 0;

	if (lists < 1 || lists > MAX_LISTS || (count = atoi(argv[1])) < 1) {
		fprintf(stderr, "usage: cost COUNT LIST...\n");
		return 2;
	}
	for (int i = 0; i < lists; i++)
		list_read(&list[i], argv[i + 2]);
	for (int c = 0; c < count; c++)
		for (size_t k = 0; k < list[0].n; k++)
			for (int i = 0; i < lists; i++)
				if (k < list[i].n)
					run(&list[i], list[i].line[k]);
	for (int i = 0; i < lists; i++) {
		printf("%lu %.3f %ld\n", list[i].runs, list[i].seconds, list[i].rss);
		if (list[i].failed) {
			fprintf(stderr, "cost: %lu commands of %s failed\n",
				list[i].failed, argv[i + 2]);
			status |= list[i].failed > list[i].runs / 50;
		}
	}
	return status;
}
