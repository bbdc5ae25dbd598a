/* hold-thread TID: stops one thread of another process until that process ends. SIGSTOP would stop all of its threads. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
    int status;
    pid_t thread = argc == 2 ? atoi(argv[1]) : 0;
    if (thread == 0 || ptrace(PTRACE_SEIZE, thread, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0 || waitpid(thread, &status, __WALL) != thread) {
        perror("hold-thread");
        return 1;
    }
    puts("held");
    fflush(stdout);
    while (waitpid(thread, &status, __WALL) == thread && !WIFEXITED(status) && !WIFSIGNALED(status)) { }
    return 0;
}
